// expect: refused
double f(double) __asm__("sin"); void entry(const double *x, double *y) { y[0] = f(x[0]); }
