// nsc: --function step --domain s.angle=-2:2,s.speed=-3:3,dt=0.01:0.1
/* One step of a damped pendulum: a struct in, a struct out (semi-implicit Euler, four substeps). */
#include <math.h>

typedef struct {
  double angle; /* rad from straight down */
  double speed; /* rad/s */
} state;

enum { SUBSTEPS = 4 };

static double acceleration(state s) {
  const double gravity = 9.81, length = 1.0, friction = 0.2;
  return -gravity / length * sin(s.angle) - friction * s.speed;
}

state step(state s, double dt) {
  double h = dt / SUBSTEPS;
  for (int k = 0; k < SUBSTEPS; k++) {
    s.speed += h * acceleration(s);
    s.angle += h * s.speed;
  }
  return s;
}
