// expect: refused
const char *s = R"x( " )x"; asm("nop"); //";
void entry(const double *x, double *y) { y[0] = x[0]; }
