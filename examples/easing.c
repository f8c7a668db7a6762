// nsc: --function ease --domain t=0:1
/* An easing curve for animations: it starts and ends slowly, and overshoots at both ends. */
#define OVERSHOOT 1.70158
#define BACK (OVERSHOOT * 1.525)

double ease(double t) {
  double u = 2 * t;
  if (u < 1) return 0.5 * (u * u * ((BACK + 1) * u - BACK));
  u -= 2;
  return 0.5 * (u * u * ((BACK + 1) * u + BACK) + 2);
}
