/* The inner step of k-means over colours: how far a pixel is from a centroid, in RGB. */
#include <math.h>

typedef struct {
  float r, g, b;
} Colour;

float kmeans_distance(float r, float g, float b, float centre_r, float centre_g, float centre_b) {
  float dr = r - centre_r;
  float dg = g - centre_g;
  float db = b - centre_b;
  return sqrtf(dr * dr + dg * dg + db * db);
}

/* As a clustering calls it: two structs behind pointers. */
float kmeans_between(const Colour *pixel, const Colour *centre) {
  float dr = pixel->r - centre->r;
  float dg = pixel->g - centre->g;
  float db = pixel->b - centre->b;
  return sqrtf(dr * dr + dg * dg + db * db);
}
