// nsc: --function daily_insolation --topology 9-16-16-1 --budget 3072 --domain day=1:365,latitude=20:60,tilt=0:90,azimuth=120:240
/* Sunlight that falls on a tilted panel in a day under a clear sky: the sun's position every few
   minutes, the air that its light crosses, and the angle at which it meets the panel.
   day: of the year, 1 to 365; latitude: 20 to 60 degrees north; tilt: of the panel from level, 0 to
   90 degrees; azimuth: that it faces, 120 to 240 degrees (180: south). Result: kWh/m^2. */
#include <math.h>

#define MOMENTS 288
#define DEGREE (3.14159265358979323846 / 180)

double daily_insolation(double day, double latitude, double tilt, double azimuth) {
  double year = 360 / 365.25 * DEGREE;
  double anomaly = year * (day - 4);
  double longitude = year * (day - 80) + 2 * 0.0167 * sin(anomaly);
  double sine = sin(23.44 * DEGREE) * sin(longitude); /* of the declination */
  double cosine = sqrt(1 - sine * sine);
  double outside = 1361 * (1 + 2 * 0.0167 * cos(anomaly)); /* W/m^2, above the air */
  double north = sin(latitude * DEGREE);
  double level = cos(latitude * DEGREE);
  double sum = 0;
  for (int k = 0; k < MOMENTS; k++) {
    double hour_angle = (360 * (k + 0.5) / MOMENTS - 180) * DEGREE;
    double up = north * sine + level * cosine * cos(hour_angle);
    if (up <= 0) continue;
    double east = -cosine * sin(hour_angle);
    double to_north = level * sine - north * cosine * cos(hour_angle);
    double elevation = asin(up) / DEGREE;
    double air_mass = 1 / (up + 0.50572 * pow(elevation + 6.07995, -1.6364));
    double direct = outside * pow(0.7, pow(air_mass, 0.678));
    double facing = cos(tilt * DEGREE) * up + sin(tilt * DEGREE) *
                    (sin(azimuth * DEGREE) * east + cos(azimuth * DEGREE) * to_north);
    double diffuse = 0.1 * direct * up * (1 + cos(tilt * DEGREE)) / 2;
    sum += (facing > 0 ? direct * facing : 0) + diffuse;
  }
  return sum * 24 / MOMENTS / 1000;
}
