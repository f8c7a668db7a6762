// expect: division_by_zero
void entry(const double *x, double *y) { volatile int a = 3, b = (int)(x[0] * 0); y[0] = a / b; }
