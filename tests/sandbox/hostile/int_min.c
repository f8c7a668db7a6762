// expect: integer_overflow
void entry(const double *x, double *y) { volatile int a = -2147483647 - 1, b = -1; y[0] = a / b; }
