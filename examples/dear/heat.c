// nsc: --function probe_temperature --topology 9-8-8-1 --domain left=280:400,right=280:400,diffusivity=2e-6:1e-5,seconds=20:60
/* Temperature in a rod whose ends were heated: the heat equation in one dimension, explicit steps.
   The rod is 0.1 m long, has 300 K to begin with, and its ends are held from time 0 on.
   left, right: temperatures of the ends, 280 to 400 K; diffusivity: 2e-6 to 1e-5 m^2/s (steels);
   seconds: time since then, 20 to 60 s. Result: K, at a quarter of the rod's length. */
#define CELLS 64
#define STEPS 600 /* enough for stability: diffusivity * seconds / STEPS < CELL^2 / 2 */
#define LENGTH 0.1
#define CELL (LENGTH / CELLS)

double probe_temperature(double left, double right, double diffusivity, double seconds) {
  double now[CELLS + 2]; /* a cell beyond either end holds what makes the end's mean its own */
  double next[CELLS + 2];
  double rate = diffusivity * seconds / (STEPS * CELL * CELL);
  for (int i = 0; i < CELLS + 2; i++) now[i] = 300;
  for (int step = 0; step < STEPS; step++) {
    now[0] = 2 * left - now[1];
    now[CELLS + 1] = 2 * right - now[CELLS];
    for (int i = 1; i <= CELLS; i++) {
      next[i] = now[i] + rate * (now[i - 1] - 2 * now[i] + now[i + 1]);
    }
    for (int i = 1; i <= CELLS; i++) now[i] = next[i];
  }
  return 0.5 * (now[CELLS / 4] + now[CELLS / 4 + 1]);
}
