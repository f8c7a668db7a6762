// expect: build_failed
double outside(double v); void entry(const double *x, double *y) { y[0] = outside(x[0]); }
