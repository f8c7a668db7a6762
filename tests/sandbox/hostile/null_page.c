// expect: null_pointer
void entry(const double *x, double *y) { volatile int *p = 0; *p = 3; y[0] = x[0]; }
