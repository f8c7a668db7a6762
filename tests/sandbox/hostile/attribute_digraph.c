// expect: refused
<:/* */<: gnu::constructor :> :> void f(void) { for (;;) ; } void entry(const double *x, double *y) { y[0] = x[0]; }
