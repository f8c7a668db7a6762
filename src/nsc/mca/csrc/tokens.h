// Assembly text (AT&T) -> records of numbers.
// Non-goals: whether the text assembles.
#pragma once
#include <ctype.h>
#include <string.h>

#include "roles.h"

typedef struct {
  int64_t size;            // a power of two
  const uint64_t *hashes;  // 0 where empty
  const int16_t *forms;
} Vocabulary;

typedef struct {
  char text[128];
  int length;
} Form;

typedef struct {
  int place;  // NSC_NO_REGISTER where it is none that values pass through
  char width;
} Register;

static inline uint64_t nsc_hash(const char *text, long n) {
  uint64_t h = 1469598103934665603ULL;
  for (long i = 0; i < n; i++) {
    h ^= (uint8_t)text[i];
    h *= 1099511628211ULL;
  }
  return h ? h : 1;
}

static int nsc_find(const Vocabulary *v, uint64_t h) {
  for (int64_t k = (int64_t)(h & (v->size - 1));; k = (k + 1) & (v->size - 1)) {
    if (!v->hashes[k]) return NSC_UNKNOWN;
    if (v->hashes[k] == h) return v->forms[k];
  }
}

static int nsc_form(const Vocabulary *v, const Form *form) {
  return nsc_find(v, nsc_hash(form->text, form->length));
}

static inline void nsc_put(Form *form, char c) {
  if (form->length < (int)sizeof form->text) form->text[form->length++] = c;
}

static int nsc_number(const char *s, long n) {
  int k = 0;
  for (long i = 0; i < n && isdigit((unsigned char)s[i]); i++)
    k = 10 * k + s[i] - '0';
  return k;
}

static int nsc_of_letter(char c) {
  switch (c) {
    case 'a': return 0;
    case 'c': return 1;
    case 'd': return 2;
    case 'b': return 3;
  }
  return NSC_NO_REGISTER;
}

// ax, sp, si: the two letters of an old register
static int nsc_old(const char *s) {
  if (s[1] == 'x') return nsc_of_letter(s[0]);
  if (s[1] == 'p') return s[0] == 's' ? 4 : s[0] == 'b' ? 5 : NSC_NO_REGISTER;
  if (s[1] == 'i') return s[0] == 's' ? 6 : s[0] == 'd' ? 7 : NSC_NO_REGISTER;
  return NSC_NO_REGISTER;
}

static Register nsc_numbered(const char *s, long n) {
  int k = nsc_number(s + 1, n - 1);
  char last = s[n - 1];
  char width = last == 'd' ? '4' : last == 'w' ? '2' : last == 'b' ? '1' : '8';
  return (Register){k < 16 ? k : NSC_NO_REGISTER, width};
}

static Register nsc_special(const char *s, long n) {
  if (n >= 4 && s[1] == 'm' && s[2] == 'm' && strchr("xyz", s[0]))
    return (Register){16 + nsc_number(s + 3, n - 3) % 16, s[0]};
  if (n == 3 && s[0] == 'm' && s[1] == 'm')
    return (Register){32 + (s[2] & 7), 'm'};
  if (n == 2 && s[0] == 'k' && isdigit((unsigned char)s[1]))
    return (Register){32 + (s[1] & 7), 'k'};
  if (n >= 2 && s[0] == 's' && s[1] == 't')
    return (Register){40 + (n >= 5 ? s[3] & 7 : 0), 'f'};
  if (n == 2 && s[1] == 's' && strchr("fgcdes", s[0]))
    return (Register){49, 's'};
  if (n == 3 && s[1] == 'i' && s[2] == 'p')
    return (Register){48, s[0] == 'r' ? '8' : '4'};
  return (Register){-1, 0};
}

static Register nsc_register(const char *s, long n) {
  if (n < 2) return (Register){NSC_NO_REGISTER, '?'};
  if (s[0] == 'r' && isdigit((unsigned char)s[1])) return nsc_numbered(s, n);
  Register special = nsc_special(s, n);
  if (special.place >= 0) return special;
  if (n == 3 && (s[0] == 'r' || s[0] == 'e'))
    return (Register){nsc_old(s + 1), s[0] == 'r' ? '8' : '4'};
  if (n == 3 && s[2] == 'l') return (Register){nsc_old(s), '1'};
  if (n == 2 && (s[1] == 'l' || s[1] == 'h'))
    return (Register){nsc_of_letter(s[0]), '1'};
  if (n == 2) return (Register){nsc_old(s), '2'};
  return (Register){NSC_NO_REGISTER, '?'};
}

static inline const char *nsc_skip(const char *s, const char *end) {
  while (s < end && (*s == ' ' || *s == '\t' || *s == '*')) s++;
  return s;
}

static inline const char *nsc_word(const char *s, const char *end) {
  while (s < end && *s != ' ' && *s != '\t') s++;
  return s;
}

static int nsc_is_prefix(const char *s, long n) {
  static const char *const known[] = {"lock", "rep",    "repe", "repne", "repnz",
                                      "notrack", "data16", "rex64"};
  for (unsigned k = 0; k < sizeof known / sizeof *known; k++)
    if ((long)strlen(known[k]) == n && !memcmp(known[k], s, (size_t)n)) return 1;
  return 0;
}

// the mnemonic with its prefixes, joined by points
static const char *nsc_mnemonic(const char *s, const char *end, Form *form) {
  for (;;) {
    s = nsc_skip(s, end);
    const char *begin = s;
    s = nsc_word(s, end);
    for (const char *c = begin; c < s; c++) nsc_put(form, *c);
    if (nsc_skip(s, end) >= end || !nsc_is_prefix(begin, s - begin)) return s;
    nsc_put(form, '.');
  }
}

typedef struct {
  int base, index;
  int has_base, has_index, has_scale, has_offset, of_code;
} Address;

static const char *nsc_address_register(const char *s, const char *end, int *place) {
  const char *last = s + 1;
  while (last < end && *last != ',' && *last != ')') last++;
  *place = nsc_register(s + 1, last - s - 1).place;
  return last;
}

static Address nsc_address(const char *begin, const char *open, const char *end) {
  Address a = {NSC_NO_REGISTER, NSC_NO_REGISTER, 0, 0, 0, 0, 0};
  const char *colon = memchr(begin, ':', (size_t)(open - begin));
  a.has_offset = open > (colon ? colon + 1 : begin);
  const char *s = nsc_skip(open + 1, end);
  if (s < end && *s == '%') {
    const char *last = nsc_address_register(s, end, &a.base);
    a.of_code = a.base == 48;
    a.has_base = 1;
    s = last;
  }
  if (s >= end || *s != ',') return a;
  s = nsc_skip(s + 1, end);
  if (s < end && *s == '%') {
    s = nsc_address_register(s, end, &a.index);
    a.has_index = 1;
  }
  if (s < end && *s == ',') {
    s = nsc_skip(s + 1, end);
    a.has_scale = s < end && !(s[0] == '1' && s + 1 < end && s[1] == ')');
  }
  return a;
}

static void nsc_put_address(Form *form, const Address *a) {
  int lea = form->length >= 3 && !memcmp(form->text, "lea", 3);
  nsc_put(form, 'm');
  if (a->has_index) nsc_put(form, 'x');
  if (a->of_code) nsc_put(form, 'r');
  if (!lea) return;
  if (a->has_offset && a->has_base && a->has_index)
    nsc_put(form, '3');
  else if (a->has_offset)
    nsc_put(form, 'd');
  if (a->has_scale) nsc_put(form, 's');
}

typedef struct {
  int registers;
  uint64_t memory;  // hash of the address as written; 0 where there is none
  int first, second;
} Seen;

static void nsc_operand(const char *s, const char *end, Form *form, Seen *seen,
                        int16_t *record) {
  if (*s == '$') {
    nsc_put(form, 'i');
    return;
  }
  const char *open = memchr(s, '(', (size_t)(end - s));
  const char *colon = memchr(s, ':', (size_t)(end - s));
  if (*s == '%' && colon && !open) {  // a segment's absolute address
    nsc_put(form, 'm');
    nsc_put(form, 's');
    return;
  }
  int of_stack = end - s > 2 && s[1] == 's' && s[2] == 't';
  if (*s == '%' && !colon && (!open || of_stack)) {
    Register r = nsc_register(s + 1, nsc_word(s, end) - s - 1);
    nsc_put(form, r.width);
    if (seen->registers < 3) record[1 + seen->registers] = (int16_t)r.place;
    if (seen->registers == 0) seen->first = r.place;
    if (seen->registers == 1) seen->second = r.place;
    seen->registers++;
    return;
  }
  if (!open) {
    nsc_put(form, 'a');
    return;
  }
  Address a = nsc_address(s, open, end);
  record[4] = (int16_t)a.base;
  record[5] = (int16_t)a.index;
  seen->memory = nsc_hash(s, end - s);
  nsc_put_address(form, &a);
}

static const char *nsc_operand_end(const char *s, const char *end) {
  for (int depth = 0; s < end && (depth || *s != ','); s++)
    depth += (*s == '(') - (*s == ')');
  return s;
}

// one instruction; returns the hash of its address
static uint64_t nsc_instruction(const char *s, const char *end, Form *form,
                                int16_t *record) {
  const char *comment = memchr(s, '#', (size_t)(end - s));
  if (comment) end = comment;
  while (end > s && isspace((unsigned char)end[-1])) end--;
  for (int j = 1; j < NSC_RECORD; j++) record[j] = NSC_NO_REGISTER;
  form->length = 0;
  s = nsc_mnemonic(s, end, form);
  nsc_put(form, ' ');
  Seen seen = {0, 0, -1, -2};
  for (int first = 1; (s = nsc_skip(s, end)) < end; first = 0) {
    const char *last = nsc_operand_end(s, end);
    const char *trimmed = last;
    while (trimmed > s && trimmed[-1] == ' ') trimmed--;
    if (!first) nsc_put(form, ',');
    if (trimmed > s) nsc_operand(s, trimmed, form, &seen, record);
    s = last < end ? last + 1 : last;
  }
  if (seen.first == seen.second) nsc_put(form, '=');
  return seen.memory;
}

static uint64_t nsc_written(const Roles *roles, const int16_t *records, long n) {
  uint64_t written = 0;
  for (long i = 0; i < n; i++) {
    const int16_t *r = records + NSC_RECORD * i;
    written |= roles->writes[r[0]];
    for (int j = 0; j < 3; j++)
      if (roles->slot_writes[NSC_SLOTS * r[0] + j]) written |= 1ULL << r[1 + j];
  }
  return written & ~(1ULL << NSC_NO_REGISTER);
}

// addresses whose registers the block never writes name one place in memory
static void nsc_tag(const Roles *roles, const uint64_t *addresses, int16_t *records,
                    long n) {
  enum { TAGS = NSC_PLACES - NSC_FIRST_TAG };
  uint64_t known[TAGS];
  int count = 0;
  uint64_t written = nsc_written(roles, records, n);
  for (long i = 0; i < n; i++) {
    int16_t *r = records + NSC_RECORD * i;
    if (!addresses[i] || !roles->memory[r[0]]) continue;
    if ((written >> r[4] | written >> r[5]) & 1) continue;
    int k = 0;
    while (k < count && known[k] != addresses[i]) k++;
    if (k == TAGS) continue;
    if (k == count) known[count++] = addresses[i];
    r[6] = (int16_t)(NSC_FIRST_TAG + k);
  }
}

// a block: instructions apart by ";" or newlines; returns how many, -1 for too many
static long nsc_block(const char *s, const char *end, const Vocabulary *v,
                      const Roles *roles, int16_t *records) {
  uint64_t addresses[NSC_LONGEST];
  Form form;
  long n = 0;
  while (s < end) {
    const char *last = s;
    while (last < end && *last != ';' && *last != '\n') last++;
    const char *begin = nsc_skip(s, last);
    if (begin < last && *begin != '#' && *begin != '\r') {
      if (n == NSC_LONGEST) return -1;
      int16_t *record = records + NSC_RECORD * n;
      addresses[n] = nsc_instruction(begin, last, &form, record);
      record[0] = (int16_t)nsc_form(v, &form);
      n++;
    }
    s = last < end ? last + 1 : last;
  }
  nsc_tag(roles, addresses, records, n);
  return n;
}
