// expect: build_failed
void entry(const double *x, double *y) { struct nothing n; y[0] = n.a; }
