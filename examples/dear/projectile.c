// nsc: --function range_of_shot --topology 9-8-8-1 --domain speed=20:80,elevation=20:70,mass=0.1:1,wind=-10:10
/* How far a ball flies against the drag of the air, by Runge-Kutta steps until it lands.
   The ball has a radius of 4 cm and a drag coefficient of 0.47; the air thins with height.
   speed: at the start, 20 to 80 m/s; elevation: of the shot, 20 to 70 degrees; mass: 0.1 to 1 kg;
   wind: along the shot, -10 to 10 m/s. Result: m. */
#include <math.h>

#define STEP 0.01 /* s */
#define GRAVITY 9.81
#define AREA 0.0050265 /* m^2 */
#define DRAG_COEFFICIENT 0.47
#define DENSITY 1.225 /* of air at the ground, kg/m^3 */
#define SCALE_HEIGHT 8500.0 /* m */

typedef struct { double x, y, u, v; } State;

static State rate_of_change(State s, double mass, double wind) {
  double along = s.u - wind;
  double density = DENSITY * exp(-s.y / SCALE_HEIGHT);
  double drag = 0.5 * density * DRAG_COEFFICIENT * AREA / mass * sqrt(along * along + s.v * s.v);
  State rate = {s.u, s.v, -drag * along, -GRAVITY - drag * s.v};
  return rate;
}

static State moved(State s, State rate, double time) {
  State after = {s.x + time * rate.x, s.y + time * rate.y, s.u + time * rate.u,
                 s.v + time * rate.v};
  return after;
}

double range_of_shot(double speed, double elevation, double mass, double wind) {
  double angle = elevation * (3.14159265358979323846 / 180);
  State now = {0, 0, speed * cos(angle), speed * sin(angle)};
  State before = now;
  while (now.y >= 0) {
    before = now;
    State a = rate_of_change(now, mass, wind);
    State b = rate_of_change(moved(now, a, STEP / 2), mass, wind);
    State c = rate_of_change(moved(now, b, STEP / 2), mass, wind);
    State d = rate_of_change(moved(now, c, STEP), mass, wind);
    now = moved(now, a, STEP / 6);
    now = moved(now, b, STEP / 3);
    now = moved(now, c, STEP / 3);
    now = moved(now, d, STEP / 6);
  }
  return before.x + (now.x - before.x) * before.y / (before.y - now.y);
}
