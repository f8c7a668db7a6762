// expect: refused
void entry(const double *x, double *y) { y[0] = __FILE__[0]; }
