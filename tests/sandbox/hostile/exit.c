// expect: forbidden_import
void entry(const double *x, double *y) { exit(0); }
