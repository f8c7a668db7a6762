/* Full-batch Adam, all epochs in one call, in single precision.
 *
 * In: data, parameters, settings. Out: curves, the best and the last parameters, who reached the target.
 * The same algorithm as adam.py, which says where it comes from; bias corrections are computed in double, as
 * 1 - 0.999^t needs.
 */

/* The halves of `a` added, beside those of `b`; then quarters of both, and so on, in each 2 * H numbers. */
#define HALVES(a, b, H)                                                          \
  (__builtin_shufflevector(a, b, LANES_LIST(FIRST, H)) + __builtin_shufflevector(a, b, LANES_LIST(SECOND, H)))
#define FIRST(k, H) ((k) / (H) * 2 * (H) + (k) % (H))
#define SECOND(k, H) (FIRST(k, H) + (H))
#define EIGHT(OF, k, H) \
  OF(k, H), OF(k + 1, H), OF(k + 2, H), OF(k + 3, H), OF(k + 4, H), OF(k + 5, H), OF(k + 6, H), OF(k + 7, H)
#if LANES == 16
#define LANES_LIST(OF, H) EIGHT(OF, 0, H), EIGHT(OF, 8, H)
#else
#define LANES_LIST(OF, H) EIGHT(OF, 0, H)
#endif

/* Number q is the sum over the lanes of vector q, of LANES vectors, by halves. */
INLINE V sums_of(const V *of) {
  V part[LANES];
  UNROLL for (int q = 0; q < LANES; q++) part[q] = of[q];
#if LANES == 16
  UNROLL for (int q = 0; q < 8; q++) part[q] = HALVES(part[2 * q], part[2 * q + 1], 8);
#endif
  UNROLL for (int q = 0; q < 4; q++) part[q] = HALVES(part[2 * q], part[2 * q + 1], 4);
  UNROLL for (int q = 0; q < 2; q++) part[q] = HALVES(part[2 * q], part[2 * q + 1], 2);
  return HALVES(part[0], part[1], 1);
}

INLINE float sum_of(V a) {
  V all[LANES] = {a};
  return sums_of(all)[0];
}

/* One update of all parameters, `count` vectors of them. `scale` turns sums into the mean's gradient. */
INLINE void adam_update(V *w, V *m, V *v, const V *g, int count, float scale, double rate, double power_1,
                        double power_2) {
  float step = (float)(rate / (1 - power_1)), correction = (float)(1 / (1 - power_2));
  for (int q = 0; q < count; q++) {
    V slope = g[q] * scale;
    m[q] = (float)BETA_1 * m[q] + (float)(1 - BETA_1) * slope;
    v[q] = (float)BETA_2 * v[q] + (float)(1 - BETA_2) * (slope * slope);
    w[q] -= step * m[q] / (__builtin_elementwise_sqrt(v[q] * correction) + (float)EPSILON);
  }
}

/* Lanes are samples of one surrogate. Validation is measured where epoch % every == 0 and at the end, else it is NaN. */
void nsc_run(const Settings *o, const Run *r) {
  const Data *train = r->train, *held = r->validation, *test = r->test;
  float *w = r->w, *best_w = r->best_w;
  float *train_loss = r->train_loss, *held_loss = r->validation_loss, *test_loss = r->test_loss;
  int *best_epoch = r->best_step, *ran = r->ran, *stopped = r->stopped;
  int inputs = r->inputs, size = PARAMETERS(inputs), count = (size + LANES - 1) / LANES, epoch;
  size_t bytes = (size_t)size * sizeof(float);
  float target = (float)o->target_loss; /* NaN for none: nothing is at most that */
  V *memory = aligned_alloc(64, ((size_t)(4 + LANES) * count * sizeof(V) + sizeof(samples_Block) + 127) / 64 * 64);
  *stopped = memory ? STEP_LIMIT : NO_MEMORY;
  if (!memory) return;
  V *p = memory, *m = p + count, *v = m + count; /* parameters, their moments */
  V *flat = v + count, *g = flat + count;        /* the gradient, summed; and in each lane */
  samples_Block *b = (samples_Block *)(g + LANES * count);
  memset(memory, 0, (size_t)(4 + LANES) * count * sizeof(V));
  memcpy(p, w, bytes);
  memcpy(best_w, w, bytes);
  double power_1 = 1, power_2 = 1;
  float best = INFINITY, scale = 2.0f / ((float)train->samples * OUTPUTS);
  *best_epoch = 0;
  for (epoch = 0;; epoch++) {
    int last = epoch == o->steps;
    held_loss[epoch] = test_loss[epoch] = NAN;
    if (epoch % o->evaluate_every == 0 || last) {
      held_loss[epoch] = sum_of(samples_loss((float *)p, inputs, held, b)) / ((float)held->samples * OUTPUTS);
      if (held_loss[epoch] < best) {
        best = held_loss[epoch];
        *best_epoch = epoch;
        memcpy(best_w, p, bytes);
        float measured = best;
        if (test) {
          measured = sum_of(samples_loss((float *)p, inputs, test, b)) / ((float)test->samples * OUTPUTS);
          test_loss[epoch] = measured;
        }
        if (measured <= target) {
          *stopped = TARGET;
          last = 1;
        }
      }
    }
    V sum = last ? samples_loss((float *)p, inputs, train, b) : samples_gradient((float *)p, inputs, train, b, g);
    train_loss[epoch] = sum_of(sum) / ((float)train->samples * OUTPUTS);
    if (last) break;
    for (int q = 0; q < count; q++) flat[q] = sums_of(g + q * LANES);
    power_1 *= BETA_1;
    power_2 *= BETA_2;
    adam_update(p, m, v, flat, count, scale, o->learning_rate, power_1, power_2);
  }
  *ran = epoch;
  memcpy(w, p, bytes);
  free(memory);
}

/* As nsc_run for LANES surrogates side by side: w[q] holds parameter q of all, curves hold vectors. A lane that
 * reached the target keeps its best parameters and no longer counts; `ran` says when. */
void nsc_run_lanes(const Settings *o, const Run *r) {
  const Data *train = r->train, *held = r->validation, *test = r->test;
  V *w = r->w, *best_w = r->best_w, *train_loss = r->train_loss, *held_loss = r->validation_loss,
     *test_loss = r->test_loss;
  IV *best_epoch = r->best_step, *ran = r->ran, *stopped = r->stopped;
  int inputs = r->inputs, epochs = o->steps, every = o->evaluate_every;
  int size = PARAMETERS(inputs), epoch;
  V *memory = aligned_alloc(64, ((size_t)(3 * size + 2) * sizeof(V) + sizeof(lanes_Block) + 127) / 64 * 64);
  *stopped = (IV){0} + (memory ? STEP_LIMIT : NO_MEMORY);
  if (!memory) return;
  V *m = memory, *v = m + size, *g = v + size;
  lanes_Block *b = (lanes_Block *)(g + size + (size & 1));
  memset(memory, 0, (size_t)2 * size * sizeof(V));
  memcpy(best_w, w, (size_t)size * sizeof(V));
  double power_1 = 1, power_2 = 1;
  float scale = 2.0f / ((float)train->samples * OUTPUTS);
  V best = (V){0} + INFINITY, none = (V){0} + NAN, wanted = (V){0} + (float)o->target_loss; /* NaN for none */
  IV reached = {0};
  *best_epoch = *ran = (IV){0};
  for (epoch = 0;; epoch++) {
    int last = epoch == epochs, some = 0, all = -1;
    held_loss[epoch] = test_loss[epoch] = none;
    if (epoch % every == 0 || last) {
      V found = lanes_loss(w, inputs, held, b) / ((float)held->samples * OUTPUTS);
      IV better = (found < best) & ~reached;
      for (int k = 0; k < LANES; k++) some |= better[k];
      held_loss[epoch] = found;
      best = lanes_choose(better, found, best);
      *best_epoch = (better & ((IV){0} + epoch)) | (~better & *best_epoch);
      if (some) {
        for (int q = 0; q < size; q++) best_w[q] = lanes_choose(better, w[q], best_w[q]);
        if (test) found = lanes_loss(w, inputs, test, b) / ((float)test->samples * OUTPUTS);
        if (test) test_loss[epoch] = lanes_choose(better, found, none);
        reached |= better & (IV)(found <= wanted);
      }
    }
    *ran = (reached & *ran) | (~reached & ((IV){0} + epoch + 1));
    for (int k = 0; k < LANES; k++) all &= reached[k];
    last |= all;
    V sum = last ? lanes_loss(w, inputs, train, b) : lanes_gradient(w, inputs, train, b, g);
    train_loss[epoch] = sum / ((float)train->samples * OUTPUTS);
    if (last) break;
    power_1 *= BETA_1, power_2 *= BETA_2;
    adam_update(w, m, v, g, size, scale, o->learning_rate, power_1, power_2);
  }
  *ran -= ~reached & 1;
  *stopped = (reached & TARGET) | (~reached & STEP_LIMIT);
  free(memory);
}
