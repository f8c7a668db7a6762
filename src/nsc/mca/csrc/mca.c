// The door: text -> records, records -> cycles, text -> cycles, an epoch of learning.
#include "tokens.h"
#include "train.h"
#include "words.h"

// offsets: n + 1 places in the text; counts: instructions a block, -1 for too many
int64_t nsc_mca_tokens(const char *text, const int64_t *offsets, int64_t n,
                       const Vocabulary *v, const Roles *roles, int16_t *records,
                       int64_t *counts) {
  int64_t at = 0;
  int16_t block[NSC_RECORD * NSC_LONGEST];
  for (int64_t b = 0; b < n; b++) {
    counts[b] =
        nsc_block(text + offsets[b], text + offsets[b + 1], v, roles, block);
    if (counts[b] <= 0) continue;
    memcpy(records + NSC_RECORD * at, block,
           (size_t)counts[b] * NSC_RECORD * sizeof *block);
    at += counts[b];
  }
  return at;
}

// starts: one more than there are windows; returns how many there are
int64_t nsc_mca_words(const char *text, const int64_t *offsets, int64_t n,
                      const Vocabulary *v, int64_t length, int16_t *flat,
                      int64_t *starts, int64_t *owner) {
  Windows w = {flat, starts, owner, 0, 0};
  for (int64_t b = 0; b < n; b++)
    nsc_windows(v, text + offsets[b], text + offsets[b + 1], b, length, &w);
  starts[w.windows] = w.tokens;
  return w.windows;
}

// the form of an instruction as text; returns its length
int64_t nsc_mca_form(const char *text, int64_t n, char *out, int64_t room,
                     int16_t *record) {
  Form form;
  nsc_instruction(text, text + n, &form, record);
  int64_t length = form.length < room ? form.length : room;
  memcpy(out, form.text, (size_t)length);
  return length;
}

static Model nsc_model(const Roles *roles, float *positive, float sharpness,
                       int32_t forwards) {
  Model model = {.roles = *roles, .sharpness = sharpness, .forwards = forwards};
  nsc_lay_out(&model.p, positive, roles->forms);
  return model;
}

int64_t nsc_mca_count(int32_t forms) {
  return nsc_size(forms);
}

void nsc_mca_positive(const float *w, float *out, int32_t forms, int64_t n) {
  nsc_make_positive(w, out, forms, n);
}

// blocks without instructions, or with too many, become NaN
void nsc_mca_cycles(const int16_t *records, const int64_t *offsets, int64_t n,
                    const Roles *roles, float *positive, float sharpness,
                    int32_t forwards, float *cycles) {
  Model model = nsc_model(roles, positive, sharpness, forwards);
  Forward f;
  for (int64_t b = 0; b < n; b++) {
    long length = (long)(offsets[b + 1] - offsets[b]);
    cycles[b] = NAN;
    if (length < 1 || length > NSC_LONGEST) continue;
    nsc_forward(&model, records + NSC_RECORD * offsets[b], length, NULL, &f);
    cycles[b] = f.cycles;
  }
}

// unknown: instructions a block whose form the vocabulary lacks
void nsc_mca_text(const char *text, const int64_t *offsets, int64_t n,
                  const Vocabulary *v, const Roles *roles, float *positive,
                  float sharpness, int32_t forwards, float *cycles,
                  int64_t *counts, int64_t *unknown) {
  Model model = nsc_model(roles, positive, sharpness, forwards);
  int16_t block[NSC_RECORD * NSC_LONGEST];
  Forward f;
  for (int64_t b = 0; b < n; b++) {
    counts[b] =
        nsc_block(text + offsets[b], text + offsets[b + 1], v, roles, block);
    cycles[b] = NAN;
    unknown[b] = 0;
    if (counts[b] < 1) continue;
    for (int64_t i = 0; i < counts[b]; i++)
      unknown[b] += block[NSC_RECORD * i] == NSC_UNKNOWN;
    nsc_forward(&model, block, counts[b], NULL, &f);
    cycles[b] = f.cycles;
  }
}

double nsc_mca_epoch(Trained *t, const Roles *roles, const Examples *e,
                     const int64_t *order, int64_t n, const Settings *s) {
  double sum = 0;
  for (int64_t k = 0; k < n; k += s->batch) {
    long size = (long)(n - k < s->batch ? n - k : s->batch);
    sum += (double)size * nsc_step(t, roles, e, order + k, size, s);
  }
  return sum / (double)n;
}

// for tests: the mean loss, and its gradient of the raw parameters in t->g
double nsc_mca_gradient(Trained *t, const Roles *roles, const Examples *e,
                        const int64_t *which, int64_t n, const Settings *s) {
  Model model = nsc_model(roles, t->positive, s->sharpness, s->forwards);
  Parameters g;
  nsc_lay_out(&g, t->g, roles->forms);
  nsc_make_positive(t->w, t->positive, roles->forms, t->n);
  memset(t->g, 0, (size_t)t->n * sizeof *t->g);
  double loss = nsc_gradient(&model, &g, e, which, n, s->logarithmic);
  nsc_chain(t->w, t->g, roles->forms);
  return loss;
}
