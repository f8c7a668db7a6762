/* Inverse kinematics of a planar arm: from the position of the hand to the angles of its two joints, in radians. */
#include <math.h>

#define UPPER 0.5f /* length of the upper arm */
#define LOWER 0.5f /* length of the forearm */

/* Output 0: the shoulder, from the x axis to the upper arm; within a quarter turn of the axis. */
float invk2j_shoulder(float x, float y) {
  float reach = x * x + y * y;
  float elbow = (float)acos((reach - UPPER * UPPER - LOWER * LOWER) / (2 * UPPER * LOWER));
  return (float)asin((y * (UPPER + LOWER * cos(elbow)) - x * (LOWER * sin(elbow))) / reach);
}

/* Output 1: the elbow, from the upper arm on to the forearm; the law of cosines. */
float invk2j_elbow(float x, float y) {
  float reach = x * x + y * y;
  return (float)acos((reach - UPPER * UPPER - LOWER * LOWER) / (2 * UPPER * LOWER));
}

/* As a controller calls it: both angles through pointers. */
void invk2j_joints(float x, float y, float *shoulder, float *elbow) {
  float reach = x * x + y * y;
  *elbow = (float)acos((reach - UPPER * UPPER - LOWER * LOWER) / (2 * UPPER * LOWER));
  *shoulder = (float)asin((y * (UPPER + LOWER * cos(*elbow)) - x * (LOWER * sin(*elbow))) / reach);
}
