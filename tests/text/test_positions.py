"""Every character of the expanded text is traced to the user's files."""

from bisect import bisect_right

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsc.text import Expanded, HeaderCache, preprocess
from nsc.text.source_map import SourceMap

PLAIN_LINES = [
    "#define K 2",
    "#define F(a) (a * K)",
    "#define E",
    "#undef K",
    "#if K > 1",
    "#else",
    "#endif",
    "int a = F(K) + K;",
    "int b /* why */ = E K;// c",
    "\tint t;",
    'char *s = "K";',
    "",
]
OTHER_LINES = ['#include "h.h"', "int c = F(\n  1);", "int fol\\\nded;"]
LINES = st.sampled_from([*PLAIN_LINES, *OTHER_LINES])
TEXTS = st.lists(LINES, max_size=14).map("\n".join)
HEADER = "#ifdef K\nint h = K;\n#else\nint h; /* none */\n#endif\n"


def expand(text: str) -> Expanded:
    def include(name: str, angled: bool, asking: str) -> tuple[str, str]:
        return name, HEADER

    return preprocess(text, include, cache=HeaderCache())


def is_exact(done: Expanded, place: int) -> bool:
    span = bisect_right(done.sources.places, place) - 1
    return bool(done.sources.exact[span])


@settings(deadline=None)
@given(TEXTS)
def test_exact_characters_are_those_of_the_original(text):
    done = expand(text)
    original = done.original.replace("\t", " ")
    unfolded = "fol\\\nded"  # a folded line in a word stands behind it
    original = original.replace(unfolded, "folded\\\n")
    for place, character in enumerate(done.text):
        if is_exact(done, place):
            assert original[done.origin(place)] == character


@settings(deadline=None)
@given(TEXTS)
def test_spans_follow_one_another(text):
    done = expand(text)
    places = list(done.sources.places)
    assert places == sorted(set(places))
    assert all(0 <= place < max(1, len(done.text)) + 1 for place in places)
    assert all(0 <= origin <= done.length for origin in done.sources.origins)


@settings(deadline=None)
@given(TEXTS)
def test_each_place_lies_in_the_file_that_it_names(text):
    done = expand(text)
    for place in range(len(done.text)):
        origin = done.origin(place)
        file = done.file_of(origin)
        assert file.base <= origin <= file.end
        line, column = done.position(origin)
        before = file.text[: origin - file.base]
        assert line == before.count("\n") + 1
        assert column == len(before) - (before.rfind("\n") + 1) + 1


@given(st.lists(st.sampled_from(PLAIN_LINES), max_size=14))
def test_lines_keep_their_numbers(lines):
    done = preprocess("\n".join(lines))
    assert done.text.count("\n") == done.original.count("\n")
    for number, line in enumerate(done.text.splitlines(), 1):
        if line.startswith("int a"):
            assert lines[number - 1].startswith("int a")


@settings(deadline=None)
@given(TEXTS)
def test_the_files_are_the_original(text):
    done = expand(text)
    assert done.original == "".join(file.text for file in done.files)
    assert done.length == len(done.original)
    assert [file.path for file in done.files[1:]] == ["h.h"] * len(
        done.followed
    )
    assert list(done.seams) == sorted(done.seams)
    assert len(done.seams) == 2 * len(done.files)


@settings(deadline=None)
@given(TEXTS)
def test_calls_of_macros_stand_where_their_names_are(text):
    done = expand(text)
    for offset, macro in done.used:
        outermost = done.original.startswith(macro.name, offset)
        inside = any(
            at == offset and done.original.startswith(call.name, at)
            for at, call in done.used
        )
        assert outermost or inside


@settings(deadline=None)
@given(TEXTS)
def test_macros_know_their_directives(text):
    done = expand(text)
    for start, place in done.defined.items():
        assert done.original.startswith("#define", start)
        assert 0 <= place <= len(done.text)
    for _, macro in done.used:
        directive = done.original[macro.start : macro.end]
        assert directive.startswith(f"#define {macro.name}")


@pytest.mark.parametrize(
    ("text", "word", "position"),
    [
        ("int a;\n  int b;\n", "b", (2, 7)),
        ("#define K 2\nint a = K;\n", "2", (2, 9)),  # where the call stands
        ("#if 0\nx\n#endif\nint a;\n", "int", (4, 1)),
        ("/* one\n two */ int a;\n", "int", (2, 9)),
        ("a \\\n b\n", "b", (2, 2)),
        ("#define F(x) [x]\n F(\n 1) + c\n", "c", (3, 7)),
        ("#define F(x) [x]\n F(\n 1) + c\n", "]", (2, 2)),
    ],
)
def test_positions_by_hand(text, word, position):
    done = preprocess(text)
    assert done.position(done.origin(done.text.index(word))) == position


def test_the_end_of_a_call_is_behind_it():
    text = "#define F(x) [x]\nF(1) + 2;\n"
    done = preprocess(text)
    end = done.origin_of_end(done.text.index("]") + 1)
    assert text[end:] == " + 2;\n"


def test_calls_side_by_side_have_their_own_places():
    text = "#define F(x) [x]\nF(1)F(2)\n"
    done = preprocess(text)
    assert done.text == "\n[1][2]\n"
    assert [text[done.origin(place) :][:4] for place in (1, 4)] == [
        "F(1)",
        "F(2)",
    ]


def written(text: str, first: str, last: str, header: str = "") -> str:
    """Return what stands from a first to a last word, as the user wrote it."""
    done = preprocess(
        text, lambda name, angled, asking: (name, header), cache=HeaderCache()
    )
    start = done.text.index(first)
    return done.as_written(start, done.text.index(last, start) + len(last))


def test_text_is_as_written_with_its_macros_and_comments():
    text = "#define K 2\nint a = K; /* c */ int b;\n"
    assert written(text, "int a", "int b;") == "int a = K; /* c */ int b;"


def test_text_is_as_written_without_what_is_left_out():
    text = "int a[] = {\n#if 0\n1,\n#else\n2,\n#endif\n};\n"
    assert written(text, "int", "};") == "int a[] = {\n2,\n};"


def test_text_with_a_header_in_it_is_expanded():
    text = '#define K 2\nint a[] = {\n#include "h.h"\nK };\n'
    found = written(text, "int", "};", header="K, 1,\n")
    assert found.split() == ["int", "a[]", "=", "{", "2,", "1,", "2", "};"]


def test_the_headers_that_were_not_to_be_had_are_named_once():
    text = '#include "a.h"\n#include <math.h>\n#include "a.h"\n#include "math.h"\n'
    done = preprocess(text)
    assert done.unread == ["a.h"]
    assert [tuple(each) for each in done.includes] == [
        ("a.h", False, 0),
        ("math.h", True, 15),
        ("a.h", False, 33),
        ("math.h", True, 48),  # a standard header, however it is written
    ]


def spans(*fields: tuple[int, int, bool]) -> SourceMap:
    sources = SourceMap()
    for place, origin, exact in fields:
        sources.append(place, origin, exact)
    return sources


def fields(sources: SourceMap) -> list[tuple[int, int, bool]]:
    exact = map(bool, sources.exact)
    return list(zip(sources.places, sources.origins, exact, strict=True))


def test_a_map_by_hand():
    sources = spans((0, 10, True), (4, 20, False), (9, 23, True))
    assert [sources.origin(at) for at in (0, 3, 4, 8, 9, 11)] == [
        *(10, 13),
        *(20, 20),  # all of a call's text comes from the call
        *(23, 25),
    ]
    assert sources.origin_of_end(4) == 14
    assert sources.origin_of_end(9) == 23  # behind the call
    assert spans((0, 5, False)).origin_of_end(3) == 6
    assert SourceMap().origin(3) == 0


def test_exact_text_goes_on_where_the_last_ends():
    sources = spans((0, 10, True))
    assert sources.goes_on(4, 14)
    assert not sources.goes_on(4, 15)
    assert not spans((0, 10, False)).goes_on(4, 14)
    assert not SourceMap().goes_on(0, 0)


SPANS = st.lists(
    st.tuples(st.integers(0, 99), st.integers(0, 99), st.booleans()),
    max_size=6,
)


@given(SPANS, SPANS, st.integers(-50, 50), st.integers(-50, 50))
def test_maps_are_cut_moved_and_joined(first, second, origin, place):
    both = spans(*first, *second)
    tail = both[len(first) :]
    assert fields(tail) == second
    moved = tail.moved(origin, place)
    assert fields(moved) == [(p + place, o + origin, e) for p, o, e in second]
    whole = both[: len(first)]
    whole.extend(moved.moved(-origin, -place))
    assert fields(whole) == first + second
    assert len(both) == len(first) + len(second)


def test_what_a_header_added_is_taken_out_moved_and_put_back():
    text = (
        '#define K 1\nint a;\n#include "h.h"\n#include <math.h>\nint b = K;\n'
    )
    done = expand(text)
    empty = Expanded().sizes()
    again = Expanded()
    added = done.since(empty).moved(5, 3, lambda macro: macro.moved(5))
    again.extend(added.moved(-5, -3, lambda macro: macro.moved(-5)))
    assert again.sizes() == done.sizes() != empty
    assert again.used == done.used
    assert again.files == done.files
    assert again.defined == done.defined
    assert again.left_out == done.left_out
    assert again.includes == done.includes
    assert again.seams == done.seams
    assert again.followed == done.followed
    assert fields(again.sources) == fields(done.sources)
    assert done.since(done.sizes()).sizes() == empty
