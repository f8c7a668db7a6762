"""Longs are written out with 64 bits, and nothing else changes."""

import pytest

from nsc.program import Piece, Unit, with_long_of_64_bits


def widened(text: str, *names: str) -> str:
    unit = Unit((), (Piece(names, text),), "e", 1, 1)
    return with_long_of_64_bits(unit).pieces[-1].text


@pytest.mark.parametrize(
    ("text", "wide"),
    [
        ("long n;", "long long n;"),
        ("unsigned long int n;", "unsigned long long int n;"),
        ("int unsigned long n;", "int unsigned long long n;"),
        ("long const static n;", "long long const static n;"),
        ("long /* a */ unsigned n;", "long long /* a */ unsigned n;"),
        ("(long)(long)x", "(long long)(long long)x"),
        (
            "long f(long a, long long b, long double c);",
            "long long f(long long a, long long b, long double c);",
        ),
        ("(long)x * 3L + 0x1UL", "(long long)x * 3LL + 0x1ULL"),
        ("3lu + 0b1l + 0xfflU", "3LLu + 0b1LL + 0xffLLU"),
        (
            "size_t n = sizeof(int);",
            "unsigned long long n = (unsigned long long)sizeof(int);",
        ),
        (
            "labs(LONG_MIN)",
            "llabs((-0x7fffffffffffffffLL-1))",
        ),
        ("lroundf (x)", "llroundf (x)"),
        (
            'printf("%ld %-5lu%% ld %zx" "%li", n)',
            'printf("%lld %-5llu%% ld %llx" "%lli", n)',
        ),
        (
            'fprintf(stderr, "%ld %s", f(1, 2), "%ld")',
            'fprintf(stderr, "%lld %s", f(1, 2), "%ld")',
        ),
        (
            'printf("a %" "ld" " %z" "u\\n" "%%", n)',
            'printf("" "a %lld" "" " %llu\\n" "%%", n)',
        ),
        ('printf("%ld 100%%", n)', 'printf("%lld 100%%", n)'),
        ("malloc(n)", "nsc_64_malloc(n)"),
        ("__builtin_expect(n, 0)", "nsc_64_builtin_expect(n, 0)"),
    ],
)
def test_longs_are_written_out(text, wide):
    assert widened(text) == wide


@pytest.mark.parametrize(
    "text",
    [
        "long long n;",
        "long int long n;",
        "long double x;",
        "double long x;",
        "1.5L + 0x1.8p3L + 3u",
        '"long 1L %ld" /* long */ // 1L',
        "x.longer + along",
        "int labs = 3;",
        'printf("%lf %Lf %lc %lld %%ld", x)',
        'puts("%ld")',
    ],
)
def test_the_rest_stays(text):
    assert widened(text) == text


def test_a_programs_own_names_stay():
    text = "int labs(int size_t); int malloc(int n);"
    assert widened(text, "labs", "size_t", "malloc") == text


def test_a_unit_without_longs_is_the_same():
    unit = Unit(("math.h",), (Piece(("e",), "int e(int n);"),), "e", 1, 1)
    assert with_long_of_64_bits(unit) == unit
