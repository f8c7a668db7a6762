// expect: out_of_bounds
void entry(const double *x, double *y) { for (;;) { volatile char *p = malloc(1 << 20); if (!p) p = (char *)0xfffffff0; *p = 1; } }
