// expect: refused
/* a */ # include </etc/passwd>
void entry(const double *x, double *y) { y[0] = x[0]; }
