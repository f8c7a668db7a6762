// expect: out_of_bounds
void entry(const double *x, double *y) { volatile double *p = (double *)0x7fffff00; y[0] = *p + x[0]; }
