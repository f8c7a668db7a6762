// expect: refused
void entry(const double *x, double *y) { y[0] = __has_include("/etc/passwd"); }
