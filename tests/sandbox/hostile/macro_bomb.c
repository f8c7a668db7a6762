// expect: refused
#define A x[0]+x[0]
#define B A+A
void entry(const double *x, double *y) { y[0] = B; }
