// expect: build_failed
_Thread_local int t; void entry(const double *x, double *y) { y[0] = pthread_self(); }
