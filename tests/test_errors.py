"""What nsc raises can cross from a worker process."""

import pickle

from nsc import errors

MADE = {
    errors.SourceError: errors.SourceError(
        "a.c", [errors.Problem("too_long", "at most 3 lines", 2, 1)]
    ),
    errors.MissingExtraError: errors.MissingExtraError("ray", "ray"),
}


def test_errors_can_be_sent_to_another_process():
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, Exception)
    ]
    assert len(kinds) > 7
    for kind in kinds:
        error = MADE.get(kind) or kind("what is wrong")
        sent = pickle.loads(pickle.dumps(error))
        assert (
            type(sent) is kind
            and str(sent) == str(error)
            and vars(sent) == vars(error)
        )
