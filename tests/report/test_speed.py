"""The report says when a surrogate pays, and when to leave the program alone."""

from nsc.report import CallTime, said_of_speed


def test_when_it_pays():
    said = said_of_speed(CallTime(80.0, 30.0, 3.25), 10.0)
    assert said == (
        "surrogate 30.0 ns a call, 3.2 ns a row of a batch; the original 80.0 ns;"
        " pays after 2e+08 calls (the compilation took 10.0 s)"
    )


def test_where_batches_alone_pay():
    said = said_of_speed(CallTime(13.0, 30.0, 3.0), 1.0)
    assert (
        "replace the program in batches alone: pays after 1e+08 rows" in said
    )


def test_what_a_constant_is_better_than_never_pays():
    said = said_of_speed(CallTime(80.0, 30.0, 3.25), 10.0, 17.8)
    assert said.endswith(
        "do not replace the program: a constant is nearer to it"
    )


def test_where_nothing_does():
    for batch in (None, 3.0):
        said = said_of_speed(CallTime(2.0, 30.0, batch), 1.0)
        assert said.endswith("do not replace the program: it is faster")
