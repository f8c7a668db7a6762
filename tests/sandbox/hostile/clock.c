// expect: forbidden_import
void entry(const double *x, double *y) { y[0] = (double)time(0); }
