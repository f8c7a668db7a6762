// nsc: --function distance --domain p=0:1,centroid=0:1
/* k-means over colours: the distance of a pixel to a centroid, the step that takes the time. */
#include <math.h>

typedef struct {
  float r, g, b;
} rgb;

/* Euclidean distance in RGB. */
float distance(rgb p, const rgb *centroid) {
  float r = p.r - centroid->r;
  float g = p.g - centroid->g;
  float b = p.b - centroid->b;
  return sqrtf(r * r + g * g + b * b);
}

/* Not a surrogate's job: it picks an index. */
int nearest(rgb p, const rgb *centroids, int n) {
  int best = 0;
  for (int i = 1; i < n; i++)
    if (distance(p, &centroids[i]) < distance(p, &centroids[best])) best = i;
  return best;
}
