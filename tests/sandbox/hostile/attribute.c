// expect: refused
__attribute__((constructor)) void f(void) { } void entry(const double *x, double *y) { y[0] = x[0]; }
