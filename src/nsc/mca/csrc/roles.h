// What forms of instructions read and write. In: tables of a vocabulary.
// An instruction is 7 numbers: its form, three registers in the order of the text,
// base and index of its address, and a tag that equal addresses in memory share.
#pragma once
#include <stdint.h>

enum {
  NSC_RECORD = 7,       // numbers an instruction
  NSC_SLOTS = 5,        // three registers, base, index
  NSC_NO_REGISTER = 50,
  NSC_FLAGS = 51,
  NSC_FIRST_TAG = 52,
  NSC_PLACES = 64,      // registers, flags and tags
  NSC_UNKNOWN = 1,      // the form of what the vocabulary lacks
  NSC_LONGEST = 600,    // instructions a block; what is beyond is refused
};

typedef struct {
  int32_t forms;
  const uint8_t *slot_reads;   // forms x NSC_SLOTS
  const uint8_t *slot_writes;  // forms x NSC_SLOTS
  const uint64_t *reads;       // places read beside those in the text
  const uint64_t *writes;
  const uint8_t *memory;       // 1 loads, 2 stores
} Roles;
