// expect: out_of_fuel
void entry(const double *x, double *y) { volatile double v = x[0]; while (v < 2) v = v * 0.5; y[0] = v; }
