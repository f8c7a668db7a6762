"""From a command line to an exit code, whatever happens in between.

In: argv, signals. Out: 0 done, 1 this machine has too little memory, 2 bad input, 128 +
the signal where one ended it. Non-goals: what the verbs do.

Signals are minded before the verbs are imported, which takes longest.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

SAME_WISH_S = (
    3.0  # a second signal within is no new wish: it would end the clean-up
)
_AGAIN_S = 0.05
_ENDED_BY = {
    signal.SIGINT: "interrupted",
    signal.SIGTERM: "terminated",
    signal.SIGHUP: "ended: the terminal is gone",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; expected failures print one clear message.

    Args:
        argv: the words after `nsc`; None is those of this process.

    Returns:
        The exit code.
    """
    with _minding_signals(ends=argv is None) as signals:
        try:
            code = _run(None if argv is None else list(argv))
        except KeyboardInterrupt:
            code = 128 + signal.SIGINT
        # the parser's: of shell completion, or where nobody reads its output any more
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        # a defect that only an interrupted library has is no defect
        except Exception:
            if not signals.seen:
                raise
            code = 1
    if signals.seen:
        code = 128 + signals.seen
    ended_by = (
        _ENDED_BY.get(signal.Signals(code - 128)) if code > 128 else None
    )
    if ended_by:
        _tell(f"nsc: {ended_by}; nothing was left half-written")
    return code


def script() -> None:
    """Entry point of the `nsc` command."""
    sys.exit(main())


def _run(words: list[str] | None) -> int:
    """Run a verb, and flush what it printed, which may fail as well."""
    from nsc.app.verbs import run_verb

    code, message = run_verb(words)
    if message:
        _tell(message)
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # its reader has seen enough
        _leave_stdout()
    except OSError as error:
        _leave_stdout()
        _tell(f"nsc: cannot write to the standard output: {error.strerror}")
        return 2
    return code


def _leave_stdout() -> None:
    """Let what is still to be printed go nowhere, so that the exit does not fail."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError):  # not a file: somebody's own stream
        pass


def _tell(line: str) -> None:
    try:
        print(line, file=sys.stderr, flush=True)
    except OSError:  # nobody can be told
        pass


class _Signals:
    """What asked the process to end, and the exception that makes it."""

    def __init__(self) -> None:
        self.seen = 0
        self.at = -SAME_WISH_S

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Begin to end, as Ctrl-C does: what is open is cleaned up on the way."""
        if self.seen and time.monotonic() - self.at < SAME_WISH_S:
            return
        self.at = time.monotonic()
        self.seen = self.seen or number
        raise KeyboardInterrupt

    def ask_again(self, number: int, frame: FrameType | None) -> None:
        """Raise the exception once more, but into no clean-up."""
        if sys.exc_info()[0] is None:
            raise KeyboardInterrupt
        signal.setitimer(signal.ITIMER_REAL, _AGAIN_S)

    def unraisable(self, lost: sys.UnraisableHookArgs) -> None:
        """Ask again where the exception met a place that lets none through."""
        if isinstance(lost.exc_value, KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, _AGAIN_S)
        else:
            sys.__unraisablehook__(lost)


@contextmanager
def _minding_signals(*, ends: bool) -> Iterator[_Signals]:
    """Turn signals that end a process into exceptions; those ignored stay ignored.

    Args:
        ends: whether the process is about to end: then a second signal is no news.
    """
    signals = _Signals()
    before: dict[int, object] = {}
    hook = sys.unraisablehook
    try:
        for number in _ENDED_BY:
            if signal.getsignal(number) != signal.SIG_IGN:
                before[number] = signal.signal(number, signals.handle)
        before[signal.SIGALRM] = signal.signal(
            signal.SIGALRM, signals.ask_again
        )
        sys.unraisablehook = signals.unraisable
    except ValueError:  # only the main thread hears signals
        pass
    try:
        yield signals
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.unraisablehook = hook
        for number, handler in before.items():
            is_known = ends and bool(signals.seen)
            signal.signal(number, signal.SIG_IGN if is_known else handler)  # pyright: ignore
