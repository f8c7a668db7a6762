"""What reading a header did is repeated only where reading it again would do the same."""

import random

import pytest

from nsc.text import Expanded, preprocess, replay

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


def read(text: str, headers: dict[str, str]) -> dict:
    return seen(
        preprocess(
            text,
            lambda name, angled, asking: (
                (name, headers[name]) if name in headers else None
            ),
        )
    )


def read_anew(text: str, headers: dict[str, str]) -> dict:
    replay._known.clear()
    return read(text, headers)


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
            "\n".join(line(draw, HEADERS[k + 1 :]) for _ in range(draw.randrange(6)))
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
    mains = ["\n".join(line(draw, HEADERS) for _ in range(8)) + "\n" for _ in range(6)]
    expected = [read_anew(text, headers) for text in mains]
    replay._known.clear()
    for _ in range(2):
        assert [read(text, headers) for text in mains] == expected


def test_a_header_is_repeated_where_its_names_mean_the_same(monkeypatch):
    repeats = []
    repeat = replay.Reading.repeat
    monkeypatch.setattr(
        replay.Reading, "repeat", lambda *both: repeats.append(1) or repeat(*both)
    )
    headers = {"a.h": "#ifdef WIDE\ndouble a;\n#else\nfloat a;\n#endif\n"}
    replay._known.clear()
    texts = [
        read(text, headers)["text"].split()
        for text in ('#include "a.h"\n', '#define WIDE\n#include "a.h"\n') * 2
    ]
    assert texts == [["float", "a;"], ["double", "a;"]] * 2
    assert len(repeats) == 2


def test_a_header_that_changed_is_read_again():
    replay._known.clear()
    for inner in ("1", "2"):
        headers = {"a.h": '#include "b.h"\nint a = B;\n', "b.h": f"#define B {inner}\n"}
        assert f"int a = {inner};" in read('#include "a.h"\n', headers)["text"]


def test_what_one_file_has_read_refuses_nothing_in_another():
    headers = {f"c{k}.h": f'#include "c{k + 1}.h"\n' for k in range(1, 40)}
    headers |= {"c40.h": '#include "g.h"\n', "g.h": "#pragma once\nint g;\n"}
    deep = '#include "g.h"\n#include "c1.h"\n'
    expected = read_anew(deep, headers)
    read_anew('#include "g.h"\n#include "c40.h"\n', headers)
    assert read(deep, headers) == expected and not expected["problems"]


def test_a_reading_that_goes_on_is_not_repeated():
    def spans(text: str) -> dict:
        include = {"h1.h": "", "h2.h": ""}
        return seen(
            preprocess(
                text,
                lambda name, *_: (name, include[name]),
                {"M3": "9"},
                ("h1.h", "h2.h"),
            )
        )

    replay._known.clear()
    expected = spans("#define M1 -\n-M1-")
    replay._known.clear()
    spans("# define M2 M3")
    assert spans("#define M1 -\n-M1-") == expected
