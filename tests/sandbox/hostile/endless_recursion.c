// expect: stack_overflow
double deep(double v) { volatile double a[64]; a[0] = v; return deep(v + 1) + a[0]; } void entry(const double *x, double *y) { y[0] = deep(x[0]); }
