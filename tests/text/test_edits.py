"""Edits of expanded text keep every place's origin."""

from nsc.text import Edit, edited, preprocess

TEXT = "#define K 2\nint a; int b = K; /* c */ int d;\n"


def test_what_is_not_edited_comes_from_where_it_came():
    before = preprocess(TEXT)
    at = before.text.index("int b")
    edit = Edit(at, at + 5, (("double", at), (" wide", at + 4)))
    after = edited(before, [edit])
    assert after.text == before.text.replace("int b", "double wide")
    for word in ("int a", "=", "2", "int d"):
        place = after.text.index(word)
        origin = before.origin(before.text.index(word))
        assert after.origin(place) == origin
    wide = after.text.index("wide")
    assert after.origin(wide) == TEXT.index("b = K")
    assert list(after.seams) == [0, len(after.text)]


def test_an_insertion_moves_what_is_behind_it():
    before = preprocess("int a;\nint b;\n")
    at = before.text.index("int b")
    after = edited(before, [Edit(at, at, (("long ", at),))])
    assert after.text == "int a;\nlong int b;\n"
    assert after.position(after.origin(after.text.index("b;"))) == (2, 5)


def test_without_edits_nothing_changes():
    before = preprocess(TEXT)
    assert edited(before, []) is before
