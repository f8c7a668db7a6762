"""The numbers that C's standard headers name, as the sandbox has them.

In: nothing. Out: values by name, each with whether it is an integer. Non-goals: what a
program defines itself.
"""

from __future__ import annotations

import math

from nsc.symbolic.ast import float_of

CONSTANTS: dict[str, tuple[float, bool]] = {
    "M_E": (math.e, False),
    "M_LOG2E": (1 / math.log(2), False),
    "M_LOG10E": (1 / math.log(10), False),
    "M_LN2": (math.log(2), False),
    "M_LN10": (math.log(10), False),
    "M_PI": (math.pi, False),
    "M_PI_2": (math.pi / 2, False),
    "M_PI_4": (math.pi / 4, False),
    "M_1_PI": (1 / math.pi, False),
    "M_2_PI": (2 / math.pi, False),
    "M_2_SQRTPI": (2 / math.sqrt(math.pi), False),
    "M_SQRT2": (math.sqrt(2), False),
    "M_SQRT1_2": (math.sqrt(0.5), False),
    "INFINITY": (math.inf, False),
    "HUGE_VAL": (math.inf, False),
    "HUGE_VALF": (math.inf, False),
    "FLT_MAX": (3.4028234663852886e38, False),
    "FLT_MIN": (1.1754943508222875e-38, False),
    "FLT_EPSILON": (2.0**-23, False),
    "DBL_MAX": (1.7976931348623157e308, False),
    "DBL_MIN": (2.2250738585072014e-308, False),
    "DBL_EPSILON": (2.0**-52, False),
    "INT_MAX": (2.0**31 - 1, True),
    "INT_MIN": (-(2.0**31), True),
    "UINT_MAX": (2.0**32 - 1, True),
    "SHRT_MAX": (32767.0, True),
    "UCHAR_MAX": (255.0, True),
    "CHAR_BIT": (8.0, True),
    "DBL_MANT_DIG": (53.0, True),
    "FLT_MANT_DIG": (24.0, True),
    "DBL_DIG": (15.0, True),
    "FLT_DIG": (6.0, True),
    "DBL_MAX_EXP": (1024.0, True),
    "DBL_MIN_EXP": (-1021.0, True),
    "FLT_RADIX": (2.0, True),
    "FLT_MAX_EXP": (128.0, True),
    "FLT_MIN_EXP": (-125.0, True),
    "LONG_MIN": (-(2.0**63), True),
    "LONG_MAX": (float_of(2**63 - 1), True),
    "true": (1.0, True),
    "false": (0.0, True),
    "NULL": (0.0, True),
    "NAN": (math.nan, False),
    "FP_NAN": (0.0, True),
    "FP_INFINITE": (1.0, True),
    "FP_ZERO": (2.0, True),
    "FP_SUBNORMAL": (3.0, True),
    "FP_NORMAL": (4.0, True),
}
