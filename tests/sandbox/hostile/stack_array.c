// expect: out_of_bounds
void entry(const double *x, double *y) { volatile char a[1 << 29]; a[(int)(x[0] * 1e6)] = 1; y[0] = a[(int)(x[0] * 1e7)]; }
