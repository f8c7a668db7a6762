/* Full-batch Adam, all epochs in one call, in single precision.
 *
 * In: data, parameters, settings. Out: curves, the best and the last parameters, who reached the target.
 * The same algorithm as adam.py, which says where it comes from; bias corrections are computed in double, as
 * 1 - 0.999^t needs.
 */

/* The sum over the lanes, by halves. */
INLINE float sum_of(V a) {
  float sums[LANES];
  memcpy(sums, &a, sizeof sums);
  UNROLL for (int k = 0; k < 16; k++) if (k < LANES - 8) sums[k % 8] += sums[8 + k % 8];
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
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
  V *memory = aligned_alloc(64, ((size_t)(4 * count + size + 8) * sizeof(V) + sizeof(samples_Block) + 127) / 64 * 64);
  *stopped = memory ? STEP_LIMIT : NO_MEMORY;
  if (!memory) return;
  V *p = memory, *m = p + count, *v = m + count; /* parameters, their moments */
  V *flat = v + count, *g = flat + count;        /* the gradient, summed; and in each lane */
  samples_Block *b = (samples_Block *)(g + size + (size & 1));
  memset(memory, 0, (size_t)4 * count * sizeof(V));
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
    for (int q = 0; q < size; q++) ((float *)flat)[q] = sum_of(g[q]);
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
