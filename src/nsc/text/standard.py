"""The part of the C standard library that programs may name, and where it lives.

In: nothing. Out: tables. `HEADER_OF` gives the header of each name; `FORBIDDEN` names
functions whose use is refused, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence

_MATH = """
        acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp
        exp2 expm1 fabs fdim floor fma fmax fmin fmod frexp hypot ilogb ldexp lgamma
        llrint llround log log10 log1p log2 logb lrint lround modf nan nearbyint
        nextafter pow remainder remquo rint round scalbln scalbn sin sinh sqrt tan tanh
        tgamma trunc
    """.split()
_MATH_ONLY_DOUBLE = """
        j0 j1 y0 y1 jn yn j0f j1f y0f y1f jnf ynf exp10 exp10f pow10 pow10f sincos
        sincosf drem finite isnanf isinff finitef signbit isnan isinf isfinite isnormal
        fpclassify isgreater isgreaterequal isless islessequal islessgreater isunordered
        float_t double_t HUGE_VAL HUGE_VALF HUGE_VALL INFINITY NAN FP_NAN FP_INFINITE
        FP_ZERO FP_SUBNORMAL FP_NORMAL MAXFLOAT M_E M_LOG2E M_LOG10E M_LN2 M_LN10 M_PI
        M_PI_2 M_PI_4 M_1_PI M_2_PI M_2_SQRTPI M_SQRT2 M_SQRT1_2
    """.split()
_FLOAT = [
    f"{kind}_{name}"
    for kind in ("FLT", "DBL", "LDBL")
    for name in """
        MAX MIN EPSILON TRUE_MIN DIG MANT_DIG MAX_EXP MIN_EXP MAX_10_EXP MIN_10_EXP
    """.split()
] + ["FLT_RADIX", "FLT_EVAL_METHOD", "DECIMAL_DIG"]
_LIMITS = """
        CHAR_BIT SCHAR_MIN SCHAR_MAX UCHAR_MAX CHAR_MIN CHAR_MAX SHRT_MIN SHRT_MAX
        USHRT_MAX INT_MIN INT_MAX UINT_MAX LONG_MIN LONG_MAX ULONG_MAX LLONG_MIN
        LLONG_MAX ULLONG_MAX
    """.split()
_STDINT = [
    *(
        f"{sign}int{form}{bits}_t"
        for sign in ("", "u")
        for form in ("", "_least", "_fast")
        for bits in (8, 16, 32, 64)
    ),
    *("intptr_t", "uintptr_t", "intmax_t", "uintmax_t", "SIZE_MAX"),
    *(
        f"{sign}INT{bits}_{what}"
        for sign in ("", "U")
        for bits in (8, 16, 32, 64)
        for what in ("MAX", "MIN", "C")
    ),
]

_HEADER_NAMES: dict[str, Sequence[str]] = {
    "math.h": (
        [f + suffix for f in _MATH for suffix in ("", "f", "l")]
        + _MATH_ONLY_DOUBLE
    ),
    "float.h": _FLOAT,
    "limits.h": _LIMITS,
    "stdint.h": _STDINT,
    "stddef.h": ["size_t", "ptrdiff_t", "NULL", "offsetof"],
    "stdbool.h": ["bool", "true", "false"],
    "stdlib.h": (
        "abs labs llabs malloc calloc realloc free qsort bsearch abort exit div ldiv".split()
    ),
    "string.h": ["memcpy", "memmove", "memset", "memcmp"],
    "assert.h": ["assert"],
    "stdio.h": (
        "printf fprintf puts putchar fputs fputc putc fflush perror stdout stderr".split()
    ),
}
HEADER_OF: dict[str, str] = {
    name: header for header, names in _HEADER_NAMES.items() for name in names
}

# They print and do nothing else: the sandbox discards it, and no result depends on it.
PRINTS: frozenset[str] = frozenset(_HEADER_NAMES["stdio.h"]) - {
    "stdout",
    "stderr",
}
# those with a format: the position of it
PRINTS_FORMAT: dict[str, int] = {"printf": 0, "fprintf": 1}

HEADERS: frozenset[str] = frozenset(_HEADER_NAMES) | frozenset(
    "stdio.h inttypes.h errno.h fenv.h tgmath.h time.h ctype.h stdarg.h".split()
)

# what `errno` is set to: the numbers differ from system to system
ERROR_NUMBERS: frozenset[str] = frozenset(
    """
        EDOM ERANGE EILSEQ EINVAL ENOMEM EOVERFLOW EPERM ENOENT EIO EAGAIN EACCES EFAULT
        EBUSY EEXIST ENODEV ENOSPC ENOSYS ENOTSUP
    """.split()
)

_FORBIDDEN_BY_REASON: dict[str, str] = {
    "uses_io": (
        """sprintf snprintf vprintf vfprintf scanf fscanf sscanf getchar gets fgets fgetc
        getc fopen fclose fread fwrite fseek ftell remove rename stdin FILE open close
        read write"""
    ),
    "uses_random": (
        "rand srand random srandom drand48 lrand48 erand48 mrand48 rand_r arc4random"
    ),
    "uses_clock": (
        "time clock gettimeofday clock_gettime difftime localtime gmtime sleep usleep"
        " nanosleep"
    ),
    "uses_environment": (
        """getenv setenv putenv system popen fork execve execl execv
        getpid atexit signal raise"""
    ),
    "uses_setjmp": "setjmp longjmp sigsetjmp siglongjmp jmp_buf",
    "uses_varargs": "va_list va_start va_arg va_end va_copy",
    "uses_errno": "errno",
    "uses_float_environment": (
        "fesetround fegetround feraiseexcept feclearexcept fetestexcept feholdexcept"
    ),
}
FORBIDDEN: dict[str, str] = {
    name: reason
    for reason, names in _FORBIDDEN_BY_REASON.items()
    for name in names.split()
}

# Standard functions that write through a pointer argument: name -> positions written.
WRITES_ARGUMENT: dict[str, tuple[int, ...]] = {
    "frexp": (1,),
    "frexpf": (1,),
    "modf": (1,),
    "modff": (1,),
    "remquo": (2,),
    "remquof": (2,),
    "sincos": (1, 2),
    "sincosf": (1, 2),
    "memset": (0,),
    "memcpy": (0,),
    "memmove": (0,),
}
