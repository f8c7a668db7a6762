// expect: ok
double sin(double v) { return 5 * v; } void entry(const double *x, double *y) { y[0] = sin(x[0]); }
