/* A plate's temperature by Gauss-Seidel: 32 x 32 cells inside a frame, 300 sweeps. */
double plate(double top, double bottom, double side) {
  double t[34][34];
  for (int i = 0; i < 34; i++)
    for (int j = 0; j < 34; j++) t[i][j] = 0.0;
  for (int j = 0; j < 34; j++) {
    t[0][j] = top;
    t[33][j] = bottom;
    t[j][0] = side;
  }
  for (int sweep = 0; sweep < 300; sweep++)
    for (int i = 1; i <= 32; i++)
      for (int j = 1; j <= 32; j++)
        t[i][j] = 0.25 * (t[i - 1][j] + t[i + 1][j] + t[i][j - 1] + t[i][j + 1]);
  return t[16][16];
}
