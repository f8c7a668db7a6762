/* A plate's temperature by Gauss-Seidel: 24 x 24 cells inside a frame, 100 sweeps. */
double plate(double top, double bottom, double side) {
  double t[26][26];
  for (int i = 0; i < 26; i++)
    for (int j = 0; j < 26; j++) t[i][j] = 0.0;
  for (int j = 0; j < 26; j++) {
    t[0][j] = top;
    t[25][j] = bottom;
    t[j][0] = side;
  }
  for (int sweep = 0; sweep < 100; sweep++)
    for (int i = 1; i <= 24; i++)
      for (int j = 1; j <= 24; j++)
        t[i][j] = 0.25 * (t[i - 1][j] + t[i + 1][j] + t[i][j - 1] + t[i][j + 1]);
  return t[12][12];
}
