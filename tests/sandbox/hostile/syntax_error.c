// expect: build_failed
void entry(const double *x, double *y) { y[0] = ; }
