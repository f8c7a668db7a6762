// nsc: --function inverse --domain x=0.25:0.65,y=0.25:0.65
/* A planar arm of two joints: angles of the joints from the position of the hand, and back. */
#include <math.h>

static const double UPPER = 0.5; /* length of the upper arm */
static const double LOWER = 0.5; /* length of the forearm */

void forward(double shoulder, double elbow, double *x, double *y) {
  *x = UPPER * cos(shoulder) + LOWER * cos(shoulder + elbow);
  *y = UPPER * sin(shoulder) + LOWER * sin(shoulder + elbow);
}

void inverse(double x, double y, double *shoulder, double *elbow) {
  double reach = x * x + y * y;
  *elbow = acos((reach - UPPER * UPPER - LOWER * LOWER) / (2 * UPPER * LOWER));
  *shoulder = atan2(y * (UPPER + LOWER * cos(*elbow)) - x * LOWER * sin(*elbow),
                    x * (UPPER + LOWER * cos(*elbow)) + y * LOWER * sin(*elbow));
}
