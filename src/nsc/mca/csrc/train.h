// Learning: an epoch of Adam over the structured model's raw parameters.
// In: records, cycles, an order of blocks. Non-goals: schedules, when to stop.
#pragma once
#include "model.h"

typedef struct {
  const int16_t *records;
  const int64_t *offsets;
  const float *cycles;
} Examples;

typedef struct {
  float *w;           // raw parameters
  float *m, *v;       // Adam's moments
  float *g;           // the gradient
  float *positive;    // room for the positive ones
  const float *from;  // L2 pulls towards these
  int64_t n;
  int64_t step;
} Trained;

typedef struct {
  int64_t batch;
  float rate_table;    // of latencies and uses
  float rate_network;
  float pull;          // times the squared distance from `from`
  float logarithmic;   // share of |log ratio| in the loss, the rest is relative error
  float longest_step;  // of the gradient, 0 for any
  float sharpness;
  int32_t forwards;
} Settings;

// raw -> positive; latencies by a sharper softplus than uses
static void nsc_make_positive(const float *w, float *out, int32_t forms, int64_t n) {
  long latencies = (long)forms * NSC_LATENCIES;
  long tables = latencies + (long)forms * NSC_RESOURCES;
  for (long k = 0; k < latencies; k++) out[k] = 0.5f * nsc_softplus(2 * w[k]);
  for (long k = latencies; k < tables; k++) out[k] = nsc_softplus(w[k]);
  memcpy(out + tables, w + tables, (size_t)(n - tables) * sizeof *w);
}

// the same for the forms of some blocks alone
static void nsc_make_used_positive(const Examples *e, const int64_t *which, long n,
                                   const Parameters *raw, Parameters *out) {
  for (long b = 0; b < n; b++) {
    for (int64_t i = e->offsets[which[b]]; i < e->offsets[which[b] + 1]; i++) {
      long form = e->records[NSC_RECORD * i];
      for (long k = form * NSC_LATENCIES; k < (form + 1) * NSC_LATENCIES; k++)
        out->latency[k] = 0.5f * nsc_softplus(2 * raw->latency[k]);
      for (long k = form * NSC_RESOURCES; k < (form + 1) * NSC_RESOURCES; k++)
        out->use[k] = nsc_softplus(raw->use[k]);
    }
  }
}

static float nsc_loss(float predicted, float cycles, float logarithmic, float *slope) {
  float sign = predicted > cycles ? 1 : -1;
  float relative = sign * (predicted - cycles) / cycles;
  float ratio = sign * logf(predicted / cycles);
  *slope = sign * ((1 - logarithmic) / cycles + logarithmic / predicted);
  return (1 - logarithmic) * relative + logarithmic * ratio;
}

// mean loss of some blocks; adds its gradient of the positive parameters to g
static double nsc_gradient(const Model *model, Parameters *g, const Examples *e,
                           const int64_t *which, long n, float logarithmic) {
  static _Thread_local Step steps[NSC_ROUNDS * NSC_LONGEST];
  Forward f;
  double loss = 0;
  for (long b = 0; b < n; b++) {
    int64_t at = e->offsets[which[b]];
    long length = (long)(e->offsets[which[b] + 1] - at);
    const int16_t *records = e->records + NSC_RECORD * at;
    float slope;
    nsc_forward(model, records, length, steps, &f);
    loss += nsc_loss(f.cycles, e->cycles[which[b]], logarithmic, &slope);
    nsc_backward(model, records, length, steps, &f, slope / (float)n, g);
  }
  return loss / (double)n;
}

// from the gradient of positive values to that of the raw ones
static void nsc_chain(const float *w, float *g, int32_t forms) {
  long latencies = (long)forms * NSC_LATENCIES;
  long tables = latencies + (long)forms * NSC_RESOURCES;
  for (long k = 0; k < latencies; k++)
    if (g[k] != 0) g[k] *= nsc_sigmoid(2 * w[k]);
  for (long k = latencies; k < tables; k++)
    if (g[k] != 0) g[k] *= nsc_sigmoid(w[k]);
}

static void nsc_shorten(float *g, int64_t n, float longest) {
  double sum = 0;
  for (int64_t k = 0; k < n; k++) sum += (double)g[k] * g[k];
  float scale = longest / (float)sqrt(sum + 1e-20);
  if (longest <= 0 || scale >= 1) return;
  for (int64_t k = 0; k < n; k++) g[k] *= scale;
}

static void nsc_adam(Trained *t, long from, long to, float rate) {
  float keep1 = (float)(1 - pow(0.9, (double)t->step));
  float keep2 = (float)(1 - pow(0.999, (double)t->step));
  float scaled = rate / keep1;
  float root = 1 / sqrtf(keep2);
  for (long k = from; k < to; k++) {
    t->m[k] = 0.9f * t->m[k] + 0.1f * t->g[k];
    t->v[k] = 0.999f * t->v[k] + 0.001f * t->g[k] * t->g[k];
    t->w[k] -= scaled * t->m[k] / (sqrtf(t->v[k]) * root + 1e-8f);
  }
}

static double nsc_step(Trained *t, const Roles *roles, const Examples *e,
                       const int64_t *which, long n, const Settings *s) {
  Model model = {.roles = *roles, .sharpness = s->sharpness, .forwards = s->forwards};
  Parameters raw, g;
  nsc_lay_out(&raw, t->w, roles->forms);
  nsc_lay_out(&model.p, t->positive, roles->forms);
  nsc_lay_out(&g, t->g, roles->forms);
  long tables = raw.w1 - t->w;
  nsc_make_used_positive(e, which, n, &raw, &model.p);
  memcpy(model.p.w1, raw.w1, (size_t)(t->n - tables) * sizeof *t->w);
  memset(t->g, 0, (size_t)t->n * sizeof *t->g);
  double loss = nsc_gradient(&model, &g, e, which, n, s->logarithmic);
  nsc_chain(t->w, t->g, roles->forms);
  if (s->pull > 0)
    for (int64_t k = 0; k < t->n; k++)
      t->g[k] += 2 * s->pull * (t->w[k] - t->from[k]);
  if (!s->forwards) *g.forward = 0;
  nsc_shorten(t->g, t->n, s->longest_step);
  t->step++;
  nsc_adam(t, 0, tables, s->rate_table);
  nsc_adam(t, tables, t->n - 1, s->rate_network);
  nsc_adam(t, t->n - 1, t->n, s->rate_table);  // the forwarding latency
  return loss;
}
