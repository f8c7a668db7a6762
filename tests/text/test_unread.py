"""Headers that were not to be had, in words."""

import pytest

from nsc.text import is_of_system, may_define, said_of_unread


@pytest.mark.parametrize(
    ("name", "unread", "said"),
    [
        (
            "gsl_ran_pdf",
            ["sys/time.h", "a.h", "gsl/gsl_randist.h"],
            "gsl/gsl_randist",
        ),
        ("K", ["sys/time.h", "a.h"], "a.h"),
        ("GdkPixbuf", ["glib.h", "gdk/gdk.h"], "gdk/gdk.h"),
    ],
)
def test_a_name_may_come_from_a_header_that_is_like_it(name, unread, said):
    assert may_define(name, unread).startswith(f"; it may come from {said}")


def test_the_systems_headers_are_not_advised():
    said = may_define("gettimeofday", ["sys/time.h"])
    assert "operating system's" in said and "-I" not in said
    assert may_define("f", []) == ""
    assert is_of_system("sys/types.h") and not is_of_system("process.h")


def test_headers_that_were_left_out_take_one_line():
    unread = ["a.h", "sys/types.h", "b.h", "c.h", "d.h", "unistd.h"]
    own, system = said_of_unread("f", unread)
    assert own.startswith("a.h, b.h, c.h and 1 more were not found")
    assert "(sys/types.h, unistd.h)" in system and "-I" not in system
