// expect: refused
__asm__(".section .rodata\nsecret: .incbin \"/etc/hostname\"\n"); extern char secret[]; void entry(const double *x, double *y) { y[0] = secret[0]; }
