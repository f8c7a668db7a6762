/* What baseline JPEG makes of one 8x8 block of grey levels (0 to 255): cosine transform, quantisation at quality 50,
   and the way back. The entropy coder between the two loses nothing and is left out. */
#include <math.h>

/* C<k> = cos(k pi / 16) / 2: the entries of the orthonormal cosine transform of eight points. */
#define C1 0.49039264020161522f
#define C2 0.46193976625564337f
#define C3 0.41573480615127262f
#define C4 0.35355339059327376f
#define C5 0.27778511650980111f
#define C6 0.19134171618254489f
#define C7 0.09754516100806413f

static const float WAVE[8][8] = {
    {C4, C4, C4, C4, C4, C4, C4, C4},     {C1, C3, C5, C7, -C7, -C5, -C3, -C1},
    {C2, C6, -C6, -C2, -C2, -C6, C6, C2}, {C3, -C7, -C1, -C5, C5, C1, C7, -C3},
    {C4, -C4, -C4, C4, C4, -C4, -C4, C4}, {C5, -C1, C7, C3, -C3, -C7, C1, -C5},
    {C6, -C2, C2, -C6, -C6, C2, -C2, C6}, {C7, -C5, C3, -C1, C1, -C3, C5, -C7},
};

/* Steps of luminance, from the standard's example table (ITU-T T.81, Annex K). */
static const float STEP[8][8] = {
    {16, 11, 10, 16, 24, 40, 51, 61},     {12, 12, 14, 19, 26, 58, 60, 55},
    {14, 13, 16, 24, 40, 57, 69, 56},     {14, 17, 22, 29, 51, 87, 80, 62},
    {18, 22, 37, 56, 68, 109, 103, 77},   {24, 35, 55, 64, 81, 104, 113, 92},
    {49, 64, 78, 87, 103, 121, 120, 101}, {72, 92, 95, 98, 112, 100, 103, 99},
};

/* Transform each row into a column; twice makes the transform of a block. */
static void to_waves(float in[8][8], float out[8][8]) {
  for (int row = 0; row < 8; row++)
    for (int k = 0; k < 8; k++) {
      float sum = 0;
      for (int x = 0; x < 8; x++)
        sum += WAVE[k][x] * in[row][x];
      out[k][row] = sum;
    }
}

/* Undo `to_waves`. */
static void from_waves(float in[8][8], float out[8][8]) {
  for (int row = 0; row < 8; row++)
    for (int x = 0; x < 8; x++) {
      float sum = 0;
      for (int k = 0; k < 8; k++)
        sum += WAVE[k][x] * in[row][k];
      out[x][row] = sum;
    }
}

void jpeg_block(const float pixels[8][8], float decoded[8][8]) {
  float block[8][8], half[8][8];
  for (int y = 0; y < 8; y++)
    for (int x = 0; x < 8; x++)
      block[y][x] = pixels[y][x] - 128;
  to_waves(block, half);
  to_waves(half, block);
  for (int v = 0; v < 8; v++)
    for (int u = 0; u < 8; u++)
      block[v][u] = STEP[v][u] * floorf(block[v][u] / STEP[v][u] + 0.5f);
  from_waves(block, half);
  from_waves(half, block);
  for (int y = 0; y < 8; y++)
    for (int x = 0; x < 8; x++)
      decoded[y][x] = fminf(fmaxf(floorf(block[y][x] + 128.5f), 0), 255);
}
