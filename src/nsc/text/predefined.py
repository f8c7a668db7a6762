"""The macros that are defined before the first line.

In: nothing. Out: tables, as a hosted C11 compiler has them where long and pointers
have 64 bits.
"""

from __future__ import annotations

# Only `#if` sees these: where code names one, the standard headers expand it.
IN_CONDITIONS = {
    "__STDC__": "1",
    "__STDC_VERSION__": "201112L",
    "__STDC_HOSTED__": "1",
    "CHAR_BIT": "8",
    "FLT_EVAL_METHOD": "0",
    "FLT_RADIX": "2",
    "FLT_MANT_DIG": "24",
    "DBL_MANT_DIG": "53",
    "LDBL_MANT_DIG": "113",
    "LDBL_MAX_EXP": "16384",
    "DBL_MAX_EXP": "1024",
    "UCHAR_MAX": "255",
    "SCHAR_MAX": "127",
    "CHAR_MAX": "127",
    "SHRT_MAX": "32767",
    "USHRT_MAX": "65535",
    "ULONG_MAX": "18446744073709551615UL",
    "SIZE_MAX": "18446744073709551615UL",
    "UINTPTR_MAX": "18446744073709551615UL",
    "LLONG_MAX": "9223372036854775807LL",
    "FLT_DIG": "6",
    "DBL_DIG": "15",
    "INT_MAX": "2147483647",
    "LONG_MAX": "9223372036854775807L",
    "UINT_MAX": "4294967295",
    "__LP64__": "1",
    "_LP64": "1",
    "__WORDSIZE": "64",
    "__SIZEOF_SHORT__": "2",
    "__SIZEOF_INT__": "4",
    "__SIZEOF_LONG__": "8",
    "__SIZEOF_LONG_LONG__": "8",
    "__SIZEOF_SIZE_T__": "8",
    "__SIZEOF_PTRDIFF_T__": "8",
    "__SIZEOF_POINTER__": "8",
    "__INT_MAX__": "2147483647",
    "__LONG_MAX__": "9223372036854775807L",
    "__BYTE_ORDER": "1234",
    "__LITTLE_ENDIAN": "1234",
    "__BIG_ENDIAN": "4321",
}
PREDEFINED = {
    "__FILE__": '"program.c"',
    "__LINE__": "0",
    "__DATE__": '""',
    "__TIME__": '""',
    "__TIMESTAMP__": '""',
    "__inline": "inline",
    "__inline__": "inline",
    "__const": "const",
    "__always_inline": "inline",
    "__restrict": "restrict",
    "__restrict__": "restrict",
    "__extension__": "",
    "__volatile__": "volatile",
    "__signed__": "signed",
}
