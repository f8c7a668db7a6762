// expect: forbidden_import
void entry(const double *x, double *y) { FILE *f = fopen("/etc/passwd", "r"); char c = 0; if (f) { fread(&c, 1, 1, f); } printf("x"); fflush(stdout); y[0] = c; }
