/* The volume of a mole at its critical point, in cm3/mol, after van der Waals (1873): 3/8 R T / p.
   tc: critical temperature, K; pc: critical pressure, Pa. */
static const double SHARE = 0.375;
static const double GAS_CONSTANT = 8.314462618;

double critical_volume(double tc, double pc) {
    return 1e6 * SHARE * GAS_CONSTANT * tc / pc;
}
