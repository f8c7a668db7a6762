"""What workers run in tests: they import this file."""

import os
import signal
import time

SLOW_S = 0.02
BAD = 0.5  # the input that something is wrong with


def square(row):
    return row[0] ** 2


def slow_square(row):
    time.sleep(SLOW_S)
    return row[0] ** 2


def dies(row):
    if row[0] == BAD:
        os.kill(os.getpid(), signal.SIGKILL)
    return row[0] ** 2


def dies_once(row):
    """Die at the first call of all processes: the file tells which that is."""
    path = os.environ["NSC_TEST_DIED"]
    if row[0] == BAD and not os.path.exists(path):
        with open(path, "w"):
            pass
        os.kill(os.getpid(), signal.SIGKILL)
    return row[0] ** 2


def hangs(row):
    while row[0] == BAD:
        time.sleep(60)
    return row[0] ** 2


def raises(row):
    return 1 / (float(row[0]) - BAD)


def counted(row):
    """Write down each call that ends, so that a test can count them."""
    time.sleep(SLOW_S)
    line = f"{float(row[0])!r}\n".encode()
    file = os.open(
        os.environ["NSC_TEST_CALLS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT
    )
    os.write(file, line)
    os.close(file)
    return row[0] ** 2


def slow_letters(text, number):
    time.sleep(SLOW_S)
    return len(text) + number


def never(text, number):
    raise AssertionError("it is kept")
