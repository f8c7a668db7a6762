// expect: ok
void entry(const double *x, double *y) { double *p = (double *)x; for (int k = 0; k < 2000; k++) p[k] = 7; y[0] = x[0]; }
