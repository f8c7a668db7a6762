// expect: out_of_fuel
void entry(const double *x, double *y) { for (int k = 0; k < 100000000; k++) printf("%d", k); y[0] = 1; }
