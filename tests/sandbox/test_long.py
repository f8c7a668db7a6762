"""What a long computes in the sandbox is what gcc 12 made of the same text on x86-64."""

import numpy as np
import pytest

from nsc.program import parse_program
from nsc.sandbox import Built, build, run

HEADERS = "".join(
    f"#include <{name}.h>\n"
    for name in ("stdint stdlib stddef limits math string stdio".split())
)
INPUTS = np.array([[-0.75], [0.0], [0.3], [0.9999]])
# name -> text, what gcc's program returns on INPUTS
GOLDEN: dict[str, tuple[str, list[float]]] = {
    "lcg": (
        "double f(double x) { unsigned long s = (unsigned long)(long)(x * 1e6); "
        "for (int k = 0; k < 5; k++) s = s * 6364136223846793005UL + "
        "1442695040888963407UL; return (s >> 11) / 9007199254740992.0; }",
        [
            0.9191503956994773,
            0.3836257966196641,
            0.9694159569877387,
            0.15406440112645703,
        ],
    ),
    "fnv": (
        "double f(double x) { unsigned long h = 14695981039346656037UL; unsigned "
        "char b[8]; memcpy(b, &x, 8); for (size_t k = 0; k < sizeof b; k++) { h ^= "
        "b[k]; h *= 1099511628211UL; } return (double)(h % 1000003); }",
        [488509.0, 992613.0, 264560.0, 476022.0],
    ),
    "splitmix": (
        "typedef unsigned long u; static u next(u *s) { u z = (*s += "
        "0x9e3779b97f4a7c15UL); z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9UL; z = (z "
        "^ (z >> 27)) * 0x94d049bb133111ebUL; return z ^ (z >> 31); } double "
        "f(double x) { u s = (u)(x * x * 1000); next(&s); return (double)(next(&s) "
        ">> 12); }",
        [
            2959537699321488.0,
            1943429326707606.0,
            4386888747028220.0,
            4103346785115325.0,
        ],
    ),
    "shifts": (
        "double f(double x) { long n = (long)(x * 1e15); long unsigned int m = 1UL "
        "<< 40; return (double)((n >> 33) + (long)(m | (n & 0xffffffffffL))) + (n "
        "< -2147483648L); }",
        [2065953311473.0, 1099511627776.0, 2032348907628.0, 1543442095795.0],
    ),
    "bits": (
        "double f(double x) { union { double d; unsigned long u; } v = {x}; v.u ^= "
        "1UL << 63; v.u += 3l << 20; return v.d; }",
        [
            0.750000000349246,
            -1.554196e-317,
            -0.30000000017462297,
            -0.999900000349246,
        ],
    ),
    "limits": (
        "double f(double x) { return LONG_MAX * x + (ULONG_MAX > UINT_MAX) + "
        "(LONG_MIN < INT_MIN) + (SIZE_MAX == ULONG_MAX); }",
        [
            -6.917529027641082e18,
            3.0,
            2.7670116110564326e18,
            9.22244969965109e18,
        ],
    ),
    "sizes": (
        "struct s { char c; long n; int k; }; struct t { size_t n; ptrdiff_t d; "
        "short k; }; double f(double x) { long v[3]; return x + sizeof(long) + 10 "
        "* sizeof(struct s) + 1000 * sizeof(struct t) + sizeof v + sizeof(unsigned "
        "long int) + sizeof v[0] * 7 + sizeof(size_t) + sizeof(1L) + "
        "sizeof(sizeof(int)); }",
        [24359.25, 24360.0, 24360.3, 24360.9999],
    ),
    "negative_size": (
        "double f(double x) { int n = -3; return (n < sizeof n) + x * (sizeof(int) "
        "- 5 > 100); }",
        [-0.75, 0.0, 0.3, 0.9999],
    ),
    "rounding": (
        "double f(double x) { return (double)(labs((long)(x * 1e13)) + lround(x * "
        "4e12) + lrint(x * 7e11) + lroundf((float)x * 3e10f) + ldiv((long)(x * "
        "1e14), 7L).rem); }",
        [3952500000251.0, 0.0, 4419000000514.0, 14728527000709.0],
    ),
    "scale": (
        "double f(double x) { long far = 5000000000L; return scalbln(x, 3L) + "
        "scalbln(x, -far) + (isinf(scalbln(x, far)) ? 1 : 0); }",
        [-5.0, 0.0, 3.4, 8.9992],
    ),
    "expect": (
        "double f(double x) { long n = (long)(x * 8) << 40; return "
        "__builtin_expect(n, 0) ? 1 : 2; }",
        [1.0, 2.0, 1.0, 1.0],
    ),
    "printed": (
        'double f(double x) { long n = (long)(x * 1e12); return printf("%ld %zu '
        '%5lu %% ld %s\\n", n, sizeof n, (unsigned long)n, "abc"); }',
        [46.0, 19.0, 37.0, 37.0],
    ),
    "memory": (
        "double f(double x) { size_t n = 4; double *p = malloc(n * sizeof *p); "
        "double *q = calloc(n, sizeof(double)); p[3] = x; memcpy(q, p, n * "
        "sizeof(double)); q = realloc(q, 8 * sizeof *q); double r = q[3]; free(p); "
        "free(q); return r; }",
        [-0.75, 0.0, 0.3, 0.9999],
    ),
    "mixed": (
        "double f(double x) { int i = (int)(x * 100); unsigned u = 7; long l = i; "
        "return (double)(l - u) + (double)(l * 3000000000) + (l < u) + (i < "
        "4000000000) + (double)(u * 3000000000UL) + (double)(-5L / 2u); }",
        [-204000000082.0, 20999999993.0, 111000000022.0, 318000000091.0],
    ),
    "suffixes": (
        "double f(double x) { return (double)(4294967296l + 0xffffffffLu + 1lu) + "
        "(double)(017L) + 0x1.8p1L + 2.5L * x + 0x10UL; }",
        [8589934624.125, 8589934626.0, 8589934626.75, 8589934628.49975],
    ),
    "order": (
        "double f(double x) { long unsigned a = 1; int long b = 2; unsigned int "
        "long const c = 3; static const long int t[2] = {5000000000, 7}; a -= 2; "
        "return (double)(a >> 60) + b + c + t[0] + x; }",
        [5000000019.25, 5000000020.0, 5000000020.3, 5000000020.9999],
    ),
    "typedefs": (
        "typedef long time_like; typedef unsigned long word; struct p { word lo; "
        "time_like hi; }; static word mul(struct p *q) { return q->lo * "
        "(word)q->hi; } double f(double x) { struct p q = {(word)(x * x * 1e10), "
        "10000019}; return (double)(mul(&q) >> 3); }",
        [7031263359375000.0, 0.0, 1125002137500000.0, 1.2497523870250236e16],
    ),
    "distance": (
        "double f(double x) { double v[9] = {x}; double *p = v + 7; ptrdiff_t d = "
        "p - v; size_t n = d; return (double)(d * 1000000007L * 1000) + n; }",
        [7000000049007.0, 7000000049007.0, 7000000049007.0, 7000000049007.0],
    ),
    "text": (
        'double f(double x) { const char *s = "%ld long 1L"; /* long */ return x + '
        'sizeof "long" + s[1]; }',
        [112.25, 113.0, 113.3, 113.9999],
    ),
    "addresses": (
        "double f(double x) { double v[4] = {x, 2, 3, 4}; uintptr_t a = "
        "(uintptr_t)(v + 3), b = (uintptr_t)v; return (double)(a - b) + v[0]; }",
        [23.25, 24.0, 24.3, 24.9999],
    ),
    "enumerators": (
        "enum { K = 1 << 20 }; double f(double x) { return (double)(K * "
        "100000L) + x; }",
        [104857599999.25, 104857600000.0, 104857600000.3, 104857600000.9999],
    ),
    "choices": (
        "double f(double x) { long n = x > 0 ? 5000000000L : -1; unsigned u = "
        "1; return (double)(x > 0 ? n : u); }",
        [1.0, 1.0, 5000000000.0, 5000000000.0],
    ),
    "cases": (
        "double f(double x) { long n = (long)(x * 10) + 4294967296L; switch "
        "(n) { case 4294967299L: return 3; case 4294967296: return 0; default: "
        "return n % 7L; } }",
        [4.0, 0.0, 3.0, 6.0],
    ),
    "abs": (
        "double f(double x) { long n = (long)(x * 1e10); return abs((int)(n % "
        "100)) + labs(n); }",
        [7500000000.0, 0.0, 3000000000.0, 9999000000.0],
    ),
    "products": (
        "double f(double x) { unsigned long a = 0xdeadbeefcafef00dUL, b = "
        "(unsigned long)(x * x * 1e18); return (double)((a * b) ^ (a / (b | "
        "1)) ^ (a % (b | 1))); }",
        [
            1.3082115605536748e19,
            1.6045690984503112e19,
            1.3139400312396313e19,
            1.8348068876701712e19,
        ],
    ),
    "tables": (
        "static const unsigned long K[3] = {0x9e3779b97f4a7c15, "
        "18446744073709551557UL, 1ul}; double f(double x) { return "
        "(double)(K[0] >> 3) + K[1] + K[2] + x; }",
        [
            1.987183342612495e19,
            1.987183342612495e19,
            1.987183342612495e19,
            1.987183342612495e19,
        ],
    ),
    "conversions": (
        "double f(double x) { unsigned long n = 0xffffffffffffff00UL; long m = "
        "-9007199254740993L; return (float)n + (double)m + x; }",
        [
            1.843773687445481e19,
            1.843773687445481e19,
            1.843773687445481e19,
            1.843773687445481e19,
        ],
    ),
    "arrays": (
        "static int count(const long *v, size_t n) { int c = 0; for (size_t i "
        "= n; i-- > 0;) c += v[i] > 3000000000L; return c; } double f(double "
        "x) { long v[] = {4000000000L, 1, (long)(x * 1e11)}; return count(v, "
        "sizeof v / sizeof v[0]); }",
        [1.0, 1.0, 2.0, 2.0],
    ),
    "negative": (
        "double f(double x) { long q = lrint(x * 3e10); unsigned long z = q; "
        "return (double)(z >> 60) + (double)(q >> 3); }",
        [-2812499985.0, 0.0, 1125000000.0, 3749625000.0],
    ),
    "strings": (
        "typedef unsigned long ulong_; double f(double x) { ulong_ h = 5381; "
        'const char *s = "hello world"; while (*s) h = ((h << 5) + h) + *s++; '
        "return (double)(h % 1000000007UL) + x; }",
        [358004651.25, 358004652.0, 358004652.3, 358004652.9999],
    ),
    "storage": (
        "double f(double x) { volatile long n = (long)(x * 1e12); register "
        "unsigned long r = 1; return (double)(n + (long)(r << 35)); }",
        [-715640261632.0, 34359738368.0, 334359738368.0, 1034259738368.0],
    ),
    "long_long": (
        "double f(double x) { long long int a = 1; unsigned long long b = "
        "2ULL; long c = a; return (double)((c << 50) + a + (long)b) + x; }",
        [
            1125899906842626.2,
            1125899906842627.0,
            1125899906842627.2,
            1125899906842628.0,
        ],
    ),
    "comparisons": (
        "double f(double x) { int i = -1; size_t n = 3; return i < n ? 1 : "
        "(double)(n - 4 > 4294967296UL); }",
        [1.0, 1.0, 1.0, 1.0],
    ),
    "sorted": (
        "static int cmp(const void *a, const void *b) { long p = *(const long "
        "*)a, q = *(const long *)b; return (p > q) - (p < q); } double "
        "f(double x) { long v[4] = {5000000000L, (long)(x * 1e11), -3, "
        "4294967298L}; qsort(v, 4, sizeof v[0], cmp); return (double)v[0] * 3 "
        "+ v[2]; }",
        [-220705032702.0, 4294967289.0, 4999999991.0, 4999999991.0],
    ),
}


def outputs(text: str, x: np.ndarray, **options) -> list[float]:
    program = parse_program(HEADERS + text, function="f", **options)
    built = build([program.unit])[0]
    assert isinstance(built, Built)
    return run(built, x).outputs[:, 0].tolist()


@pytest.mark.parametrize("name", GOLDEN)
def test_results_are_those_of_64_bits(name):
    text, expected = GOLDEN[name]
    assert outputs(text, INPUTS) == expected


def test_whole_inputs_are_exact_up_to_2_to_the_53():
    whole = [2.0**52 + 1, -(2.0**52) - 1, 2.0**53 - 1, 3.0, -7.0, 2.0**31]
    text = "double f(long n) { return n; }"
    found = outputs(text, np.array([whole]).T, ranges={"n": (-(2**60), 2**60)})
    assert found == whole


def test_beyond_2_to_the_53_inputs_are_the_doubles():
    text = "long f(unsigned long n) { return (long)(n % 1000UL); }"
    found = outputs(
        text, np.array([[2.0**63 + 2048]]), ranges={"n": (0, 2.0**63 + 4096)}
    )
    assert found == [(2**63 + 2048) % 1000]


def test_outputs_and_pointers_have_64_bits():
    text = "void f(const long *v, size_t n, long *sum) { *sum = v[0] * v[1] + n; }"
    ranges = {"v": (0, 1e9), "n": (0, 9)}
    found = outputs(
        text, np.array([[3e6, 5e6, 7.0]]), ranges=ranges, arrays={"v": 2}
    )
    assert found == [15e12 + 7]


def test_more_memory_than_there_is_is_none():
    text = (
        "double f(double x) { size_t n = 4294967304UL;"
        " double *volatile p = malloc(n);"  # or the compiler takes it for had
        " double r = p ? x : -1; free(p); return r; }"
    )
    assert outputs(text, np.array([[0.5]])) == [-1.0]


def test_conditions_see_a_machine_of_64_bits():
    text = """
#include <limits.h>
#if defined(__LP64__) && __SIZEOF_LONG__ == 8 && ULONG_MAX > 0xffffffffUL
typedef unsigned long word;
#else
typedef unsigned char word;
#endif
#if SIZE_MAX == ULONG_MAX && LONG_MAX == 9223372036854775807
double f(double x) { return x + (double)(word)(1ULL << 40); }
#else
double f(double x) { return x; }
#endif
"""
    assert outputs(text, np.array([[1.0]])) == [1.0 + 2**40]
