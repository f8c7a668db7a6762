"""Words that languages keep to themselves, and names that their headers define.

In: nothing. Out: sets of words. Non-goals: what becomes of a name that is one (names).
"""

from __future__ import annotations

_C = """auto break case char const continue default do double else enum extern float for
goto if inline int long register restrict return short signed sizeof static struct
switch typedef union unsigned void volatile while"""
CPP = frozenset(
    f"""{_C} alignas alignof and and_eq asm bitand bitor bool catch char16_t char32_t
char8_t class co_await co_return co_yield compl concept const_cast consteval constexpr
constinit decltype delete dynamic_cast explicit export false friend mutable namespace new
noexcept not not_eq nullptr operator or or_eq private protected public reinterpret_cast
requires static_assert static_cast template this thread_local throw true try typeid
typename typeof using virtual wchar_t xor xor_eq
EOF FP_INFINITE FP_NAN FP_NORMAL FP_SUBNORMAL FP_ZERO HUGE HUGE_VAL HUGE_VALF HUGE_VALL
INFINITY NAN NULL MAXFLOAT DOMAIN SING OVERFLOW UNDERFLOW PLOSS TLOSS M_E M_LOG2E M_LOG10E
M_LN2 M_LN10 M_PI M_PI_2 M_PI_4 M_1_PI M_2_PI M_2_SQRTPI M_SQRT2 M_SQRT1_2 MATH_ERRNO
MATH_ERREXCEPT math_errhandling errno signgam stdin stdout stderr unix linux
main nsc nsc_x nsc_y T std""".split()
)
RUST_RAW = frozenset(
    """abstract as async await become box break const continue do dyn else enum extern
false final fn for gen if impl in let loop macro match mod move mut override priv pub ref
return static struct trait true try type typeof unsafe unsized use virtual where while
yield""".split()
)
# no r# makes names of these
RUST_NEVER = frozenset("self Self super crate".split())
FORTRAN = frozenset(
    """abs aint all allocatable allocate and any assign associate backspace block call case
class close codimension common complex contains continue count critical cycle data
deallocate default dimension do double else elemental elseif elsewhere end enddo endfile
endif entry enum equivalence error exit exp external floor forall format function go goto
if ieee_is_nan ieee_quiet_nan ieee_value implicit import in include inout inquire int64
integer intent interface intrinsic log log10 logical matmul max merge min mod module
namelist none nsc_answer nsc_fmax nsc_fmin nsc_floor nsc_halves nsc_highs nsc_is_inside
nsc_lows nsc_middles nsc_nearest nsc_networks nsc_one_of nsc_pow nsc_relu nsc_result nsc_sigmoid
nsc_x nsc_y nullify only open operator optional or out parameter pause pointer precision
print private procedure program protected public pure read real real64 recursive
return reshape rewind rewrite save select sequence sign sin size sqrt stop submodule
subroutine sum table tan tanh target then to transfer type use value volatile wait where
while write sin cos atan2 hypot""".split()
)
# parameters of these names would hide functions that are called
RUST_OWN = frozenset(
    """Err None Ok Some main nsc_answer nsc_is_inside nsc_layer nsc_nearest nsc_networks
nsc_one_of nsc_raw nsc_relu nsc_selftest nsc_sigmoid""".split()
)
JAVASCRIPT = frozenset(
    """arguments async await break case catch class const continue debugger default delete
do else enum eval export extends false finally for function get if implements import in
instanceof interface let new null of package private protected public return set static
super switch this throw true try typeof undefined var void while with yield
Array Float64Array Infinity Math NaN Number RangeError TypeError console exports globalThis
module require window self undefined
NSC_ACTIVATIONS NSC_ALLOWED NSC_HALVES NSC_HIGHS NSC_LOWS NSC_MIDDLES NSC_NETWORKS
NSC_SELFTEST nsc_answered nsc_clipped nsc_expect_numbers nsc_fmax nsc_fmin nsc_has_warned
nsc_is_inside nsc_layer nsc_nearest nsc_networks nsc_one_of nsc_pow nsc_raw nsc_self_test
nsc_k nsc_off nsc_one nsc_row nsc_wrong nsc_x nsc_y""".split()
)
# what exported integer C defines
INTEGER_C = frozenset(
    """int8_t int16_t int32_t int64_t uint32_t INT64_C nsc_floored nsc_limited nsc_rounded
nsc_shifted nsc_slope nsc_sum nsc_table nsc_tanh_half nsc_whole nsc_wide_floored
nsc_wide_shifted nsc_x nsc_y PTRDIFF_MIN PTRDIFF_MAX SIG_ATOMIC_MIN SIG_ATOMIC_MAX SIZE_MAX
WCHAR_MIN WCHAR_MAX WINT_MIN WINT_MAX NSC_DECLARATIONS NSC_SELFTEST""".split()
) | {
    f"{sign}INT{kind}_{end}"
    for sign in ("", "U")
    for kind in (
        *(
            f"{way}{bits}"
            for way in ("", "_LEAST", "_FAST")
            for bits in (8, 16, 32, 64)
        ),
        "PTR",
        "MAX",
    )
    for end in ("MIN", "MAX", "C")
}
