// expect: build_failed
double big[1 << 28]; void entry(const double *x, double *y) { y[0] = big[(int)x[0]] + x[0]; }
