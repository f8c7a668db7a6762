// Assembly text (AT&T) -> words: names, registers, punctuation; a number is one word.
// What a word is stands in words.py, as a pattern; this is the same by hand.
// Non-goals: forms of instructions (tokens.h).
#pragma once
#include "tokens.h"

typedef struct {
  int16_t *flat;    // tokens
  int64_t *starts;  // of windows
  int64_t *owner;   // the block of each window
  int64_t tokens, windows;
} Windows;

static inline int nsc_is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline int nsc_is_name(char c) {
  return isalnum((unsigned char)c) || c == '_';
}

static inline int nsc_is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static inline const char *nsc_hexes(const char *s, const char *end) {
  while (s < end && nsc_is_hex(*s)) s++;
  return s;
}

static inline int nsc_has_0x(const char *s, const char *end) {
  return end - s > 2 && s[0] == '0' && s[1] == 'x' && nsc_is_hex(s[2]);
}

// "%rax", "%st(3)"
static const char *nsc_register_word(const char *s, const char *end) {
  const char *c = s + 1;
  while (c < end && nsc_is_name(*c)) c++;
  if (c == s + 1) return c;
  int is_numbered =
      end - c > 2 && c[0] == '(' && isdigit((unsigned char)c[1]) && c[2] == ')';
  return is_numbered ? c + 3 : c;
}

// "$-0x1f"; one character where it is no number
static const char *nsc_number_word(const char *s, const char *end) {
  const char *c = s;
  if (c < end && *c == '$') c++;
  if (c < end && *c == '-') c++;
  if (nsc_has_0x(c, end)) c += 2;
  const char *last = nsc_hexes(c, end);
  return last > c ? last : s + 1;
}

static const char *nsc_word_end(const char *s, const char *end) {
  if (*s == '%') return nsc_register_word(s, end);
  if (!isalpha((unsigned char)*s) && *s != '_' && *s != '.')
    return nsc_number_word(s, end);
  while (s < end && (nsc_is_name(*s) || *s == '.')) s++;
  return s;
}

// whether a word is a number in its whole length, with a digit
static int nsc_is_number(const char *s, const char *end) {
  if (s < end && *s == '$') s++;
  if (s < end && *s == '-') s++;
  if (nsc_has_0x(s, end)) s += 2;
  int has_digit = 0;
  for (; s < end; s++) {
    if (!nsc_is_hex(*s)) return 0;
    has_digit |= *s <= '9';
  }
  return has_digit;
}

static int nsc_token(const Vocabulary *v, const char *s, const char *end) {
  if (*s != '%' && nsc_is_number(s, end)) {
    int is_immediate = *s == '$';
    s = is_immediate ? "$N" : "N";
    end = s + 1 + is_immediate;
  }
  return nsc_find(v, nsc_hash(s, end - s));
}

// the words of an instruction, and the ";" that ends it
static int64_t nsc_line(const Vocabulary *v, const char *s, const char *end,
                        int16_t *out) {
  int64_t n = 0;
  while (s < end) {
    if (nsc_is_space(*s)) {
      s++;
      continue;
    }
    const char *last = nsc_word_end(s, end);
    out[n++] = (int16_t)nsc_token(v, s, last);
    s = last;
  }
  out[n++] = (int16_t)nsc_find(v, nsc_hash(";", 1));
  return n;
}

// a window ends before an instruction that it has no room for
static void nsc_windows(const Vocabulary *v, const char *s, const char *end,
                        int64_t block, int64_t length, Windows *w) {
  int64_t room = 0;
  for (;;) {
    const char *last = s;
    while (last < end && *last != ';') last++;
    int64_t n = nsc_line(v, s, last, w->flat + w->tokens);
    if (n > room) {
      w->starts[w->windows] = w->tokens;
      w->owner[w->windows++] = block;
      room = length;
    }
    room -= n;
    w->tokens += n;
    if (last >= end) return;
    s = last + 1;
  }
}
