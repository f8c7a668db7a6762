// expect: out_of_bounds
void entry(const double *x, double *y) { char *p = (char *)0; fwrite(p, 1, 2000000000u, stderr); fwrite(p + 60000000, 1, 90000000, stderr); volatile char c = p[100000000]; y[0] = c; }
