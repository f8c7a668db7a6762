// expect: refused
_Pragma("GCC poison double") void entry(const double *x, double *y) { y[0] = x[0]; }
