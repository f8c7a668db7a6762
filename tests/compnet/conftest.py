"""Fixtures that the tests of both encoders share."""

import pytest


class Killed(Exception):
    pass


@pytest.fixture
def interrupt():
    """Call a training and kill it once it has saved a state."""

    def run(train, *args):
        def kill(row):
            if "step" in row:
                raise Killed

        with pytest.raises(Killed):
            train(*args, progress=kill)

    return run
