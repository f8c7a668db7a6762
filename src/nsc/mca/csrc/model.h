// The structured model: records of a block -> cycles an iteration, and its gradient.
// In: parameters as one vector (raw, latencies and uses through a softplus).
// A value waits for what it reads: a max-plus recurrence over places. Resources are
// summed. The soft maximum of these bounds is corrected by a small network.
// Non-goals: text (tokens.h), learning (train.h).
#pragma once
#include <math.h>
#include <stdlib.h>

#include "roles.h"

enum {
  NSC_RESOURCES = 24,
  NSC_HIDDEN = 32,
  NSC_BOUNDS = NSC_RESOURCES + 1,
  NSC_SEEN = NSC_BOUNDS + 3,  // what the network sees
  NSC_ROUNDS = 6,             // iterations that are followed
  NSC_SETTLED = 2,            // the slope is taken after these
  NSC_LATENCIES = 3,          // of what is written, beside it, through addresses
};
#define NSC_LEAST 1e-3f
#define NSC_PASS 0.01f

typedef struct {
  float *latency;  // forms x NSC_LATENCIES
  float *use;      // forms x NSC_RESOURCES
  float *w1, *b1;  // NSC_SEEN x NSC_HIDDEN
  float *w2, *b2;
  float *w3, *b3;
  float *once;     // how much of the first iteration counts
  float *forward;  // from a store to a load of the same place
} Parameters;

static inline long nsc_size(int32_t forms) {
  long tables = (long)forms * (NSC_LATENCIES + NSC_RESOURCES);
  long first = NSC_SEEN * NSC_HIDDEN + NSC_HIDDEN;
  long second = NSC_HIDDEN * NSC_HIDDEN + NSC_HIDDEN;
  return tables + first + second + NSC_HIDDEN + 3;
}

static inline void nsc_lay_out(Parameters *p, float *w, int32_t forms) {
  float *at = w;
  p->latency = at, at += (long)forms * NSC_LATENCIES;
  p->use = at, at += (long)forms * NSC_RESOURCES;
  p->w1 = at, at += NSC_SEEN * NSC_HIDDEN;
  p->b1 = at, at += NSC_HIDDEN;
  p->w2 = at, at += NSC_HIDDEN * NSC_HIDDEN;
  p->b2 = at, at += NSC_HIDDEN;
  p->w3 = at, at += NSC_HIDDEN;
  p->b3 = at++;
  p->once = at++;
  p->forward = at;
}

typedef struct {
  Roles roles;
  Parameters p;    // latency and use are positive here, the rest as learned
  float sharpness; // of the soft maximum
  int32_t forwards;
} Model;

// ---- the recurrence -------------------------------------------------------------

typedef struct {
  float time;
  int32_t node;  // who wrote it; -1 nobody
  int32_t edge;  // through what: bits of NSC_EDGE
} Place;

enum { NSC_BESIDE = 1, NSC_ADDRESS = 2, NSC_FORWARD = 4, NSC_FREE = 8 };

typedef struct {
  int32_t node, edge;
} Step;

typedef struct {
  float slope, first;
  Place last, settled, begun;  // the latest place after each
} Dependence;

static inline void nsc_later(Place *best, const Place *place, float extra, int edge) {
  float time = place->time + extra;
  if (place->node < 0 || time <= best->time) return;
  best->time = time;
  best->node = place->node;
  best->edge = place->edge | edge;
}

static inline Place nsc_start(const Model *m, const int16_t *r, const Place *t) {
  const Roles *roles = &m->roles;
  const uint8_t *reads = roles->slot_reads + NSC_SLOTS * r[0];
  float address = m->p.latency[NSC_LATENCIES * r[0] + 2];
  Place best = {0, -1, 0};
  for (int j = 0; j < 3; j++)
    if (reads[j]) nsc_later(&best, t + r[1 + j], 0, 0);
  for (int j = 3; j < NSC_SLOTS; j++)
    if (reads[j]) nsc_later(&best, t + r[1 + j], address, NSC_ADDRESS);
  for (uint64_t k = roles->reads[r[0]]; k; k &= k - 1)
    nsc_later(&best, t + __builtin_ctzll(k), 0, 0);
  if (m->forwards && r[6] >= NSC_FIRST_TAG && (roles->memory[r[0]] & 1))
    nsc_later(&best, t + r[6], *m->p.forward, NSC_FORWARD);
  return best;
}

static inline void nsc_finish(const Model *m, const int16_t *r, Place *t, float start,
                              int32_t node) {
  const Roles *roles = &m->roles;
  const uint8_t *writes = roles->slot_writes + NSC_SLOTS * r[0];
  const float *latency = m->p.latency + NSC_LATENCIES * r[0];
  Place written = {start + latency[0], node, 0};
  Place beside = {start + latency[1], node, NSC_BESIDE};
  int memory = roles->memory[r[0]];
  if (m->forwards && r[6] >= NSC_FIRST_TAG && (memory & 2)) {
    Place kept = {start + 0.01f, node, NSC_FREE};
    t[r[6]] = memory & 1 ? written : kept;
  }
  for (int j = 0; j < 3; j++)
    if (writes[j]) t[r[1 + j]] = written;
  for (uint64_t k = roles->writes[r[0]]; k; k &= k - 1) {
    int place = __builtin_ctzll(k);
    t[place] = place == NSC_FLAGS ? written : beside;
  }
}

static inline Place nsc_latest(const Place *t) {
  Place best = {0, -1, 0};
  for (int k = 0; k < NSC_PLACES; k++)
    if (k != NSC_NO_REGISTER && t[k].time > best.time) best = t[k];
  return best;
}

// steps may be NULL: then no path is kept
static inline Dependence nsc_dependence(const Model *m, const int16_t *records, long n,
                                        Step *steps) {
  Place t[NSC_PLACES];
  for (int k = 0; k < NSC_PLACES; k++) t[k] = (Place){0, -1, 0};
  Dependence d = {0};
  for (int round = 0; round < NSC_ROUNDS; round++) {
    for (long i = 0; i < n; i++) {
      const int16_t *r = records + NSC_RECORD * i;
      Place best = nsc_start(m, r, t);
      int32_t node = (int32_t)(round * n + i);
      if (steps) steps[node] = (Step){best.node, best.edge};
      nsc_finish(m, r, t, best.time, node);
      t[NSC_NO_REGISTER] = (Place){0, -1, 0};
    }
    if (round == 0) d.begun = nsc_latest(t);
    if (round == NSC_SETTLED - 1) d.settled = nsc_latest(t);
  }
  d.last = nsc_latest(t);
  d.slope = (d.last.time - d.settled.time) / (NSC_ROUNDS - NSC_SETTLED);
  d.first = d.begun.time;
  return d;
}

// add a factor to the gradient of every latency on the path that ends at a place
static void nsc_walk(const int16_t *records, long n, const Step *steps, Place end,
                     float factor, Parameters *g) {
  int32_t node = end.node;
  int32_t edge = end.edge;
  while (node >= 0) {
    int form = records[NSC_RECORD * (node % n)];
    float *latency = g->latency + NSC_LATENCIES * (long)form;
    if (!(edge & NSC_FREE)) latency[edge & NSC_BESIDE] += factor;
    edge = steps[node].edge;
    if (edge & NSC_ADDRESS) latency[2] += factor;
    if (edge & NSC_FORWARD) *g->forward += factor;
    node = steps[node].node;
  }
}

// ---- bounds and their correction ------------------------------------------------

typedef struct {
  Dependence dependence;
  float bound[NSC_BOUNDS];
  float share[NSC_BOUNDS];  // of each bound in the soft maximum
  float seen[NSC_SEEN];
  float h1[NSC_HIDDEN], h2[NSC_HIDDEN];
  float level;  // logarithm of the soft maximum
  float main;   // the result without the first iteration's part
  float cycles;
} Forward;

static inline void nsc_sum_uses(const Model *m, const int16_t *records, long n,
                                float *bound) {
  float sum[NSC_RESOURCES] = {0};
  for (long i = 0; i < n; i++) {
    const float *use = m->p.use + NSC_RESOURCES * (long)records[NSC_RECORD * i];
    for (int k = 0; k < NSC_RESOURCES; k++) sum[k] += use[k];
  }
  for (int k = 0; k < NSC_RESOURCES; k++) bound[1 + k] = sum[k] + NSC_LEAST;
}

static inline void nsc_soft_maximum(float sharpness, Forward *f) {
  float log_bound[NSC_BOUNDS], most = -1e30f, sum = 0;
  for (int k = 0; k < NSC_BOUNDS; k++) {
    log_bound[k] = logf(f->bound[k]);
    most = log_bound[k] > most ? log_bound[k] : most;
  }
  for (int k = 0; k < NSC_BOUNDS; k++) {
    f->share[k] = expf(sharpness * (log_bound[k] - most));
    sum += f->share[k];
  }
  f->level = most + logf(sum) / sharpness;
  for (int k = 0; k < NSC_BOUNDS; k++) {
    f->share[k] /= sum;
    f->seen[k] = log_bound[k] - f->level;
  }
}

static inline void nsc_layer(const float *x, int inputs, const float *w,
                             const float *b, float *h) {
  float sum[NSC_HIDDEN];
  for (int i = 0; i < NSC_HIDDEN; i++) sum[i] = b[i];
  for (int k = 0; k < inputs; k++)
    for (int i = 0; i < NSC_HIDDEN; i++) sum[i] += w[k * NSC_HIDDEN + i] * x[k];
  for (int i = 0; i < NSC_HIDDEN; i++) h[i] = sum[i] > 0 ? sum[i] : 0;
}

static inline float nsc_softplus(float x) { return x > 20 ? x : log1pf(expf(x)); }
static inline float nsc_sigmoid(float x) { return 1 / (1 + expf(-x)); }

static inline void nsc_forward(const Model *m, const int16_t *records, long n,
                               Step *steps, Forward *f) {
  f->dependence = nsc_dependence(m, records, n, steps);
  f->bound[0] = f->dependence.slope + NSC_LEAST;
  nsc_sum_uses(m, records, n, f->bound);
  nsc_soft_maximum(m->sharpness, f);
  f->seen[NSC_BOUNDS] = 0.3f * f->level;
  f->seen[NSC_BOUNDS + 1] = 0.3f * logf((float)n);
  f->seen[NSC_BOUNDS + 2] =
      0.3f * (logf(f->dependence.first + 0.5f) - f->level);
  nsc_layer(f->seen, NSC_SEEN, m->p.w1, m->p.b1, f->h1);
  nsc_layer(f->h1, NSC_HIDDEN, m->p.w2, m->p.b2, f->h2);
  float o = *m->p.b3;
  for (int i = 0; i < NSC_HIDDEN; i++) o += m->p.w3[i] * f->h2[i];
  f->main = expf(f->level + 0.5f * o);
  f->cycles =
      f->main + NSC_PASS * nsc_softplus(*m->p.once + 1) * f->dependence.first;
}

// gradients of one layer: d is that of its outputs and is masked in place
static inline void nsc_layer_back(const float *x, int inputs, const float *w,
                                  const float *h, float *d, float *gw, float *gb,
                                  float *dx) {
  for (int i = 0; i < NSC_HIDDEN; i++) {
    d[i] = h[i] > 0 ? d[i] : 0;
    gb[i] += d[i];
  }
  for (int k = 0; k < inputs; k++) {
    float sum = 0;
    for (int i = 0; i < NSC_HIDDEN; i++) {
      gw[k * NSC_HIDDEN + i] += d[i] * x[k];
      sum += w[k * NSC_HIDDEN + i] * d[i];
    }
    dx[k] = sum;
  }
}

// add the gradient of the cycles, times a factor; latency and use: of their positives
static void nsc_backward(const Model *m, const int16_t *records, long n,
                         const Step *steps, const Forward *f, float factor,
                         Parameters *g) {
  float d1[NSC_HIDDEN], d2[NSC_HIDDEN], ds[NSC_SEEN];
  float d_main = factor * f->main;
  float d_o = 0.5f * d_main;
  float d_first = factor * NSC_PASS * nsc_softplus(*m->p.once + 1);
  *g->once += factor * NSC_PASS * f->dependence.first * nsc_sigmoid(*m->p.once + 1);
  *g->b3 += d_o;
  for (int i = 0; i < NSC_HIDDEN; i++) {
    g->w3[i] += d_o * f->h2[i];
    d2[i] = d_o * m->p.w3[i];
  }
  nsc_layer_back(f->h1, NSC_HIDDEN, m->p.w2, f->h2, d2, g->w2, g->b2, d1);
  nsc_layer_back(f->seen, NSC_SEEN, m->p.w1, f->h1, d1, g->w1, g->b1, ds);
  float d_level = d_main + 0.3f * ds[NSC_BOUNDS] - 0.3f * ds[NSC_BOUNDS + 2];
  for (int k = 0; k < NSC_BOUNDS; k++) d_level -= ds[k];
  d_first += 0.3f * ds[NSC_BOUNDS + 2] / (f->dependence.first + 0.5f);
  float d_bound[NSC_BOUNDS];
  for (int k = 0; k < NSC_BOUNDS; k++)
    d_bound[k] = (ds[k] + d_level * f->share[k]) / f->bound[k];
  for (long i = 0; i < n; i++) {
    float *use = g->use + NSC_RESOURCES * (long)records[NSC_RECORD * i];
    for (int k = 0; k < NSC_RESOURCES; k++) use[k] += d_bound[1 + k];
  }
  float slope = d_bound[0] / (NSC_ROUNDS - NSC_SETTLED);
  nsc_walk(records, n, steps, f->dependence.last, slope, g);
  nsc_walk(records, n, steps, f->dependence.settled, -slope, g);
  nsc_walk(records, n, steps, f->dependence.begun, d_first, g);
}
