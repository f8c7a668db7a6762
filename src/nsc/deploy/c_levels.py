"""Batch entries made three times, for what a processor can do, in exported C.

In: a function's name, its parameters and statements. Out: C text. Where nothing is said
of the processor (plain x86-64, gcc or clang, zig among them), loops are compiled for
AVX-512, AVX2 and plain x86-64, and the first call asks the processor. Nothing is asked of
a linker or of a library: zig has no __builtin_cpu_supports.
Non-goals: what is computed (c_batch).
"""

from __future__ import annotations

from collections.abc import Callable

from nsc.deploy.c_blocks import function_text

# Loops that clang makes for AVX-512 are of half vectors unless it is told a width.
_MACROS = """/* Where nothing is said of the processor, entries are compiled for AVX-512, AVX2 and
 * plain x86-64, and the first call chooses; -DNSC_ONE_TARGET does without. */
#if defined(__x86_64__) && !defined(__AVX2__) && !defined(NSC_ONE_TARGET) \\
  && (defined(__clang__) || __GNUC__ >= 9)
#define NSC_LEVELS
#ifdef __clang__
#define NSC_WIDE min_vector_width(512)
#else
#define NSC_WIDE unused
#endif
#define NSC_AVX2 __attribute__((target("avx2,fma")))
#define NSC_AVX512 \\
  __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma"), NSC_WIDE))
#endif"""

_LEVEL = """#ifdef NSC_LEVELS
static void {ask}(unsigned *r, unsigned leaf) {{
  __asm__ volatile("cpuid" : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3]) : "a"(leaf), "c"(0));
}}

/* 3: AVX-512, 2: AVX2, 1: neither, or none that the system keeps registers for. */
static int {level}(void) {{
  static int known;
  unsigned r[4], kept, rest;
  int found = __atomic_load_n(&known, __ATOMIC_RELAXED);
  if (found) return found;
  found = 1;
  {ask}(r, 0);
  if (r[0] >= 7) {{
    {ask}(r, 1);
    if ((r[2] >> 27 & 1) && (r[2] >> 12 & 1)) {{
      __asm__ volatile("xgetbv" : "=a"(kept), "=d"(rest) : "c"(0));
      {ask}(r, 7);
      if ((kept & 0x06) == 0x06 && (r[1] >> 5 & 1)) found = 2;
      if (found == 2 && (kept & 0xe6) == 0xe6 && (r[1] & 0xc0030000u) == 0xc0030000u) found = 3;
    }}
  }}
  __atomic_store_n(&known, found, __ATOMIC_RELAXED);
  return found;
}}
#endif"""


def level_text(own: Callable[[str], str]) -> str:
    """Write what says which of the three a processor gets."""
    names = {"ask": own("nsc_ask"), "level": own("nsc_level")}
    return f"{_MACROS}\n\n{_LEVEL.format(**names)}"


def for_levels(
    name: str, declared: str, body: list[str], own: Callable[[str], str]
) -> str:
    """Write a function of rows from `first` to `n`, whichever level it is for.

    Args:
        declared: its parameters x and y.
    """
    parameters = f"({declared}, size_t first, size_t n)"
    call = "(x, y, first, n);"
    work = function_text(f"NSC_INLINE void {name}_any{parameters}", body)
    copies = "\n".join(
        f"{macro} static void {name}_{macro[4:].lower()}{parameters} {{ {name}_any{call} }}"
        for macro in ("NSC_AVX512", "NSC_AVX2")
    )
    chosen = [
        "#ifdef NSC_LEVELS",
        f"int level = {own('nsc_level')}();",
        f"if (level == 3) {{ {name}_avx512{call} return; }}",
        f"if (level == 2) {{ {name}_avx2{call} return; }}",
        "#endif",
        f"{name}_any{call}",
    ]
    choice = function_text(f"static void {name}{parameters}", chosen)
    return f"{work}\n\n#ifdef NSC_LEVELS\n{copies}\n#endif\n\n{choice}"
