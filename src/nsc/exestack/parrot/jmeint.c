/* Do two triangles in space meet? The interval test of Moller (1997): each triangle's corners against the other's
   plane, then the stretches in which both cross the line that the planes share. Answers 1 or 0. */
#include <math.h>

#define NEAR 1e-6f /* a corner this close to a plane counts as lying in it */

typedef struct {
  float x, y, z;
} Vec;

typedef struct {
  float lo, hi;
} Stretch;

static Vec minus(Vec a, Vec b) {
  Vec d = {a.x - b.x, a.y - b.y, a.z - b.z};
  return d;
}

static Vec cross(Vec a, Vec b) {
  Vec c = {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
  return c;
}

static float dot(Vec a, Vec b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}

/* How far p is from the plane through `on` with this normal, in lengths of the normal. */
static float height(Vec normal, Vec on, Vec p) {
  float h = dot(normal, minus(p, on));
  return fabsf(h) < NEAR ? 0 : h;
}

/* The component of a along the axis on which `direction` is longest. */
static float along(Vec direction, Vec a) {
  float x = fabsf(direction.x), y = fabsf(direction.y), z = fabsf(direction.z);
  if (x >= y && x >= z)
    return a.x;
  return y >= z ? a.y : a.z;
}

/* Where a triangle crosses the plane. Its corners are at p on the line and at height h; corner 0 is alone. */
static Stretch crossing(float p0, float p1, float p2, float h0, float h1, float h2) {
  float a = p1 + (p0 - p1) * h1 / (h1 - h0);
  float b = p2 + (p0 - p2) * h2 / (h2 - h0);
  Stretch s = {fminf(a, b), fmaxf(a, b)};
  return s;
}

/* The same, finding the corner that is alone on its side of the plane; not all heights are 0. */
static Stretch stretch(float p0, float p1, float p2, float h0, float h1, float h2) {
  if (h0 * h1 > 0 || (h2 != 0 && h0 * h2 <= 0 && h1 * h2 <= 0))
    return crossing(p2, p0, p1, h2, h0, h1);
  if (h0 * h2 > 0 || (h1 != 0 && h0 * h1 <= 0 && h2 * h1 <= 0))
    return crossing(p1, p0, p2, h1, h0, h2);
  return crossing(p0, p1, p2, h0, h1, h2);
}

/* In one plane: is the edge from p to q between the rest of its triangle and all of another? */
static int parts(Vec normal, Vec p, Vec q, Vec rest, Vec a, Vec b, Vec c) {
  Vec inwards = cross(normal, minus(q, p));
  float inside = dot(inwards, minus(rest, p));
  return inside * dot(inwards, minus(a, p)) < 0 && inside * dot(inwards, minus(b, p)) < 0 &&
         inside * dot(inwards, minus(c, p)) < 0;
}

/* Triangles in one plane meet unless an edge of one parts them. */
static int meet_in_plane(Vec normal, Vec a0, Vec a1, Vec a2, Vec b0, Vec b1, Vec b2) {
  return !(parts(normal, a0, a1, a2, b0, b1, b2) || parts(normal, a1, a2, a0, b0, b1, b2) ||
           parts(normal, a2, a0, a1, b0, b1, b2) || parts(normal, b0, b1, b2, a0, a1, a2) ||
           parts(normal, b1, b2, b0, a0, a1, a2) || parts(normal, b2, b0, b1, a0, a1, a2));
}

static int meet(Vec a0, Vec a1, Vec a2, Vec b0, Vec b1, Vec b2) {
  Vec normal_b = cross(minus(b1, b0), minus(b2, b0));
  float ha0 = height(normal_b, b0, a0), ha1 = height(normal_b, b0, a1), ha2 = height(normal_b, b0, a2);
  if ((ha0 > 0 && ha1 > 0 && ha2 > 0) || (ha0 < 0 && ha1 < 0 && ha2 < 0))
    return 0;
  Vec normal_a = cross(minus(a1, a0), minus(a2, a0));
  float hb0 = height(normal_a, a0, b0), hb1 = height(normal_a, a0, b1), hb2 = height(normal_a, a0, b2);
  if ((hb0 > 0 && hb1 > 0 && hb2 > 0) || (hb0 < 0 && hb1 < 0 && hb2 < 0))
    return 0;
  if ((ha0 == 0 && ha1 == 0 && ha2 == 0) || (hb0 == 0 && hb1 == 0 && hb2 == 0))
    return meet_in_plane(normal_a, a0, a1, a2, b0, b1, b2);
  Vec line = cross(normal_a, normal_b);
  Stretch a = stretch(along(line, a0), along(line, a1), along(line, a2), ha0, ha1, ha2);
  Stretch b = stretch(along(line, b0), along(line, b1), along(line, b2), hb0, hb1, hb2);
  return a.lo <= b.hi && b.lo <= a.hi;
}

/* The corners of the first triangle, then those of the second. */
float jmeint_scalar(float ax0, float ay0, float az0, float ax1, float ay1, float az1, float ax2, float ay2, float az2,
                    float bx0, float by0, float bz0, float bx1, float by1, float bz1, float bx2, float by2, float bz2) {
  Vec a0 = {ax0, ay0, az0}, a1 = {ax1, ay1, az1}, a2 = {ax2, ay2, az2};
  Vec b0 = {bx0, by0, bz0}, b1 = {bx1, by1, bz1}, b2 = {bx2, by2, bz2};
  return (float)meet(a0, a1, a2, b0, b1, b2);
}

/* As a collision detector calls it: a corner a row. */
int jmeint_triangles(const float a[3][3], const float b[3][3]) {
  Vec a0 = {a[0][0], a[0][1], a[0][2]}, a1 = {a[1][0], a[1][1], a[1][2]}, a2 = {a[2][0], a[2][1], a[2][2]};
  Vec b0 = {b[0][0], b[0][1], b[0][2]}, b1 = {b[1][0], b[1][1], b[1][2]}, b2 = {b[2][0], b[2][1], b[2][2]};
  return meet(a0, a1, a2, b0, b1, b2);
}
