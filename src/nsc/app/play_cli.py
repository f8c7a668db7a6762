"""`nsc play`: a local page on which a surrogate is made and tried.

In: flags. Out: a server that runs until Ctrl-C; its address, with its token, is printed.
Non-goals: serving (nsc.play), compiling (play_worker).
"""

from __future__ import annotations

import signal
import sys
import webbrowser
from contextlib import suppress
from typing import Annotated, Any

import typer

from nsc.errors import InputError

# small programs to begin with, by name
EXAMPLES = {
    "easing: one input, smooth": """\
double ease(double t)
{
    return t < 0.5 ? 4 * t * t * t : 1 - (2 - 2 * t) * (2 - 2 * t) * (2 - 2 * t) / 2;
}
""",
    "spring: two inputs, a loop": """\
/* Where a damped spring is after some time. */
double spring(double stiffness, double damping)
{
    double x = 1, v = 0;
    for (int k = 0; k < 200; k++) {
        v += 0.02 * (-4 * (1.5 + stiffness) * x - (1.5 + damping) * v);
        x += 0.02 * v;
    }
    return x;
}
""",
    "price: four inputs": """\
#include <math.h>

static double normal(double x) { return 0.5 * erfc(-x / sqrt(2)); }

/* A European call by Black and Scholes; prices in units of the strike. */
double call_price(double spot, double rate, double volatility, double years)
{
    double s = 1 + 0.2 * spot, r = 0.05 + 0.04 * rate;
    double v = 0.3 + 0.15 * volatility, t = 1.1 + 0.9 * years;
    double d = (log(s) + (r + v * v / 2) * t) / (v * sqrt(t));
    return s * normal(d) - exp(-r * t) * normal(d - v * sqrt(t));
}
""",
    "refused: it is random": """\
#include <stdlib.h>

double noisy(double x)
{
    return x + rand() / (double)RAND_MAX;
}
""",
}


def play(
    port: Annotated[
        int, typer.Option(help="To listen at; 0 is any that is free.")
    ] = 0,
    browser: Annotated[
        bool,
        typer.Option("--browser/--no-browser", help="Open the page."),
    ] = True,
) -> None:
    """Open a page on which C becomes a surrogate: paste, drag, compile, try.

    The page is served to this machine alone. Ctrl-C ends it and removes its files.

    Example: nsc play
    Example: nsc play --port 8000 --no-browser
    """
    from nsc.play import PlayServer, Session

    most_port = 65535
    if not 0 <= port <= most_port:
        raise InputError(f"port must be 0 to {most_port}; found {port}")
    session = Session([sys.executable, "-P", "-m", "nsc.app.play_worker"])
    try:
        server = _server(PlayServer, session, port)
        print(f"nsc play: {server.address}", flush=True)
        print("Ctrl-C ends it", flush=True)
        if browser:
            with suppress(webbrowser.Error):
                webbrowser.open(server.address)
        with server:
            server.serve_forever(poll_interval=0.2)
    finally:
        # a second Ctrl-C must not leave the folder behind
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        session.close()
        signal.signal(signal.SIGINT, before)


def _server(make: Any, session: Any, port: int) -> Any:
    """Listen, or say why that cannot be."""
    import nsc
    from nsc.app.play_worker import (
        MOST_BUDGET,
        MOST_TEXT,
        available_formats,
    )
    from nsc.report import PAGE_FILES

    about = {
        "version": nsc.__version__,
        "examples": EXAMPLES,
        "formats": available_formats(),
        "most_budget": MOST_BUDGET,
        "most_text": MOST_TEXT,
    }
    try:
        return make(session, port, about, PAGE_FILES)
    except OSError as error:
        raise InputError(
            f"port {port} cannot be listened at: {error.strerror}; choose another, or 0"
            " for any"
        ) from None
