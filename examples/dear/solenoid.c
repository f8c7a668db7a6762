// nsc: --function axial_field --topology 9-8-8-1 --domain r=0:0.04,z=0:0.15,radius=0.05:0.1,length=0.05:0.2
/* Magnetic field of a short coil off its axis: the law of Biot and Savart, by a quadrature along
   the coil and around it. The coil has 1,000 turns to a metre and carries 1 A.
   r: distance from the axis, 0 to 0.04 m; z: along the axis from the middle, 0 to 0.15 m;
   radius, length: of the coil, 0.05 to 0.1 m and 0.05 to 0.2 m. Result: mT along the axis. */
#include <math.h>

#define SLICES 64 /* along the coil */
#define ANGLES 64 /* around half of it */
#define PI 3.14159265358979323846

double axial_field(double r, double z, double radius, double length) {
  double sum = 0;
  for (int j = 0; j < ANGLES; j++) {
    double cosine = cos(PI * (j + 0.5) / ANGLES);
    double across = r * r + radius * radius - 2 * r * radius * cosine;
    for (int i = 0; i < SLICES; i++) {
      double along = z - length * ((i + 0.5) / SLICES - 0.5);
      double square = across + along * along;
      sum += radius * (radius - r * cosine) / (square * sqrt(square));
    }
  }
  double turns = 1000 * length / SLICES; /* in a slice */
  return 1e-7 * 2 * PI / ANGLES * turns * sum * 1000;
}
