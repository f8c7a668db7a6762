// expect: refused
void entry(const double *x, double *y) { jmp_buf b; if (!setjmp(b)) longjmp(b, 1); y[0] = x[0]; }
