"""What reading a header did is repeated only where reading it again would do the same."""

import random

import pytest

from nsc.text import Expanded, HeaderCache, preprocess
from nsc.text.header_cache import MAX_RECORDINGS

NAMES = [f"M{k}" for k in range(5)]
HEADERS = [f"h{k}.h" for k in range(6)]


def seen(done: Expanded) -> dict:
    return {
        "text": done.text,
        "origins": [done.origin(k) for k in range(len(done.text))],
        "ends": [done.origin_of_end(k) for k in range(1, len(done.text) + 1)],
        "files": done.files,
        "seams": done.seams,
        "includes": done.includes,
        "used": done.used,
        "defined": done.defined,
        "left_out": done.left_out,
        "followed": done.followed,
        "problems": done.problems,
    }


def read(text: str, headers: dict[str, str], cache: HeaderCache) -> dict:
    def include(
        name: str, angled: bool, asking: str
    ) -> tuple[str, str] | None:
        return (name, headers[name]) if name in headers else None

    return seen(preprocess(text, include, cache=cache))


def read_anew(text: str, headers: dict[str, str]) -> dict:
    return read(text, headers, HeaderCache())


def line(draw: random.Random, headers: list[str]) -> str:
    a, b = draw.choice(NAMES), draw.choice(NAMES)
    included = f'#include "{draw.choice(headers)}"' if headers else ""
    return draw.choice(
        [
            f"#define {a} {b} + 1",
            f"#define {a} 2",
            f"#define {a}(x) (x * {b})",
            f"#undef {a}",
            f"int v = {a};",
            f"float f{draw.randrange(9)}(float x) {{ return {a}(x) /* why */ + {b}; }}",
            f"int {a}x; int y\\\nz;",
            f"#ifdef {a}\nint seen_{a};\n#else\n#define {a} 7\n#endif",
            f"#if {a} > 1 && defined({b})\n{a} {b};\n#endif",
            included,
            included,
            included,
        ]
    )


def tree(draw: random.Random) -> dict[str, str]:
    """Headers that include those behind them, some guarded, some read once."""
    made = {}
    for k, name in enumerate(HEADERS):
        body = (
            "\n".join(
                line(draw, HEADERS[k + 1 :]) for _ in range(draw.randrange(6))
            )
            + "\n"
        )
        guarded = f"#ifndef G{k}\n#define G{k}\n{body}#endif\n"
        made[name] = draw.choice(
            [
                body,
                guarded,
                "#pragma once\n" + body,
                body.rstrip() + " /* no line end */",
            ]
        )
    return made


@pytest.mark.parametrize("seed", (*range(24), 111, 153, 167))
def test_a_repeated_reading_is_a_reading(seed):
    draw = random.Random(seed)
    headers = tree(draw)
    mains = [
        "\n".join(line(draw, HEADERS) for _ in range(8)) + "\n"
        for _ in range(6)
    ]
    expected = [read_anew(text, headers) for text in mains]
    cache = HeaderCache()
    for _ in range(2):
        assert [read(text, headers, cache) for text in mains] == expected


def test_a_header_is_repeated_where_its_names_mean_the_same():
    headers = {"a.h": "#ifdef WIDE\ndouble a;\n#else\nfloat a;\n#endif\n"}
    narrow = '#include "a.h"\n'
    wide = '#define WIDE\n#include "a.h"\n'
    cache = HeaderCache()
    found = []
    for text in (narrow, wide, narrow, wide):
        said = read(text, headers, cache)["text"].split()
        found.append((said[0], cache.repeated))
    assert found == [("float", 0), ("double", 0), ("float", 1), ("double", 2)]


def test_what_a_header_does_to_macros_is_repeated():
    headers = {"a.h": "#undef OUT\n#define IN 3\n#define TWICE(x) (x * 2)\n"}
    text = '#define OUT 1\n#include "a.h"\nint a = OUT + IN + TWICE(4);\n'
    cache = HeaderCache()
    first = read(text, headers, cache)
    assert read(text, headers, cache) == first
    assert cache.repeated == 1
    assert "int a = OUT + 3 + (4 * 2);" in first["text"]


def test_a_macro_from_outside_is_where_it_is_defined_now():
    headers = {"o.h": "#define OUT 1\n", "a.h": "int a = OUT;\n"}
    cache = HeaderCache()
    for blank_lines in (1, 2, 3):
        text = "\n" * blank_lines + '#include "o.h"\n#include "a.h"\n'
        [(_, macro)] = read(text, headers, cache)["used"]
        assert macro.start == len(text)
    assert cache.repeated == 4


def test_a_header_with_problems_is_read_each_time():
    headers = {"a.h": "#define F(x) x\nint a = F(;\n"}
    cache = HeaderCache()
    text = '#include "a.h"\n'
    found = [read(text, headers, cache)["problems"] for _ in range(2)]
    assert found[0] == found[1] != []
    assert cache.repeated == len(cache) == 0


def test_a_header_that_changed_is_read_again():
    cache = HeaderCache()
    for inner in ("1", "2"):
        headers = {
            "a.h": '#include "b.h"\nint a = B;\n',
            "b.h": f"#define B {inner}\n",
        }
        assert (
            f"int a = {inner};"
            in read('#include "a.h"\n', headers, cache)["text"]
        )


def test_a_header_that_changed_below_another_is_read_again():
    cache = HeaderCache()
    headers = {
        "a.h": '#include "b.h"\nint a = C;\n',
        "b.h": '#include "c.h"\n',
    }
    for inner in ("1", "2"):
        headers["c.h"] = f"#define C {inner}\n"
        assert (
            f"int a = {inner};"
            in read('#include "a.h"\n', headers, cache)["text"]
        )


def test_what_is_read_once_is_not_repeated_below_another():
    headers = {"a.h": '#include "b.h"\n', "b.h": '#include "g.h"\n'}
    headers["g.h"] = "#pragma once\nint g;\n"
    cache = HeaderCache()
    alone = read('#include "a.h"\n', headers, cache)["text"]
    after = read('\n#include "g.h"\n#include "a.h"\n', headers, cache)["text"]
    assert alone.split() == after.split() == ["int", "g;"]


def test_a_chain_of_headers_is_not_repeated_too_deep():
    headers = {f"c{k}.h": f'#include "c{k + 1}.h"\n' for k in range(60)}
    headers["c60.h"] = "int last;\n"
    cache = HeaderCache()
    shallow = read('#include "c40.h"\n', headers, cache)
    assert not shallow["problems"]
    deep = read('\n#include "c10.h"\n', headers, cache)
    assert deep == read_anew('\n#include "c10.h"\n', headers)
    assert [p.reason for p in deep["problems"]] == ["too_many_includes"]


def test_what_one_file_has_read_refuses_nothing_in_another():
    headers = {f"c{k}.h": f'#include "c{k + 1}.h"\n' for k in range(1, 40)}
    headers |= {"c40.h": '#include "g.h"\n', "g.h": "#pragma once\nint g;\n"}
    deep = '#include "g.h"\n#include "c1.h"\n'
    expected = read_anew(deep, headers)
    cache = HeaderCache()
    read('#include "g.h"\n#include "c40.h"\n', headers, cache)
    assert read(deep, headers, cache) == expected
    assert not expected["problems"]


def test_a_reading_that_goes_on_is_not_repeated():
    def spans(text: str, cache: HeaderCache) -> dict:
        headers = {"h1.h": "", "h2.h": ""}
        done = preprocess(
            text,
            lambda name, angled, asking: (name, headers[name]),
            {"M3": "9"},
            ("h1.h", "h2.h"),
            cache,
        )
        return seen(done)

    expected = spans("#define M1 -\n-M1-", HeaderCache())
    cache = HeaderCache()
    spans("# define M2 M3", cache)
    assert spans("#define M1 -\n-M1-", cache) == expected


def test_the_oldest_headers_are_forgotten():
    headers = {f"{k}.h": f"int v{k};\n" for k in range(5)}
    cache = HeaderCache(max_headers=2)
    for k in range(5):
        read(f'#include "{k}.h"\n', headers, cache)
    assert len(cache) == 2
    read('#include "0.h"\n', headers, cache)
    assert cache.repeated == 0
    read('#include "4.h"\n', headers, cache)
    assert cache.repeated == 1


def test_a_header_in_use_is_not_forgotten():
    headers = {f"{k}.h": f"int v{k};\n" for k in range(5)}
    cache = HeaderCache(max_headers=2)
    for k in range(1, 5):
        read(f'#include "0.h"\n#include "{k}.h"\n', headers, cache)
    assert cache.repeated == 3


def test_few_recordings_of_a_header_are_kept():
    headers = {"a.h": "int a = M;\n"}
    cache = HeaderCache()
    mains = [
        f'#define M {k}\n#include "a.h"\n' for k in range(MAX_RECORDINGS + 1)
    ]
    for text in (*mains, *mains):
        read(text, headers, cache)
    assert cache.repeated == 0  # each is forgotten when it is asked for again
    read(mains[-1], headers, cache)
    assert cache.repeated == 1
