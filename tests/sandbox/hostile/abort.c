// expect: aborted
void entry(const double *x, double *y) { abort(); }
