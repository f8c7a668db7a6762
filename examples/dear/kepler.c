// nsc: --function mean_flux --topology 9-16-16-1 --budget 2048 --domain eccentricity=0:0.5,start=0:360,span=10:120
/* Sunlight that an eccentric planet gets over a season: Kepler's equation M = E - e sin(E), solved
   by Newton's method at every moment of the season.
   eccentricity: 0 to 0.5; start: mean anomaly where the season begins, 0 to 360 degrees; span: its
   length as mean anomaly, 10 to 120 degrees. Result: mean of (semi-major axis / distance)^2. */
#include <math.h>

#define MOMENTS 200
#define TOLERANCE 1e-12
#define DEGREE (3.14159265358979323846 / 180)

static double eccentric_anomaly(double mean_anomaly, double eccentricity) {
  double anomaly = mean_anomaly + eccentricity * sin(mean_anomaly);
  for (int k = 0; k < 20; k++) {
    double miss = anomaly - eccentricity * sin(anomaly) - mean_anomaly;
    double change = miss / (1 - eccentricity * cos(anomaly));
    anomaly -= change;
    if (fabs(change) < TOLERANCE) break;
  }
  return anomaly;
}

double mean_flux(double eccentricity, double start, double span) {
  double sum = 0;
  for (int k = 0; k < MOMENTS; k++) {
    double mean_anomaly = (start + span * (k + 0.5) / MOMENTS) * DEGREE;
    double distance = 1 - eccentricity * cos(eccentric_anomaly(mean_anomaly, eccentricity));
    sum += 1 / (distance * distance);
  }
  return sum / MOMENTS;
}
