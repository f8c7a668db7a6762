"""The page's server: on 127.0.0.1, for who knows the token, for its own page alone.

In: a `Session`, what the page is told at its start. Out: `PlayServer`. It compiles C, so
a page from elsewhere must reach nothing: the token stands in the address, Host and Origin
are checked, requests are bounded in bytes and time, and nothing but the files of this
folder and of the last job is given. Non-goals: jobs (session).
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Mapping
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qs, urlsplit

from nsc.play.request import Refused, Request
from nsc.play.session import Busy, Session

WAIT_S = 20.0  # for an event, before a line that says nothing
MOST_CONNECTIONS = 32
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}


class PlayServer(ThreadingHTTPServer):
    """The server of one session.

    Args:
        session: its jobs.
        port: 0 for any that is free.
        about: plain values that the page is told first: version, examples.
        shared: files of other rooms that the page needs, by name.

    Raises:
        OSError: the port cannot be had.
    """

    daemon_threads = True
    allow_reuse_address = False

    def __init__(
        self,
        session: Session,
        port: int,
        about: Mapping[str, Any],
        shared: Mapping[str, bytes],
    ):
        self.session = session
        self.about = dict(about)
        self.token = secrets.token_urlsafe(24)
        self.most_bytes = session.limits.request
        self.pages = _static() | dict(shared)
        self.connections = threading.Semaphore(MOST_CONNECTIONS)
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def address(self) -> str:
        """Where the page is, token and all."""
        return f"http://127.0.0.1:{self.server_port}/{self.token}/"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread; more than can be served are closed."""
        if not self.connections.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(
        self, request: Any, client_address: Any
    ) -> None:
        """Serve one connection."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.connections.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of connections that break: tabs are closed."""


def _static() -> dict[str, bytes]:
    folder = files("nsc.play").joinpath("static")
    return {
        file.name: file.read_bytes()
        for file in folder.iterdir()
        if PurePosixPath(file.name).suffix in KINDS
    }


class _Handler(Request):
    """What is asked for."""

    server: PlayServer  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        """Give the page, its files, events, and results."""
        self.late.cancel()
        self._answered(self._get)

    def do_POST(self) -> None:
        """Begin or cancel a job."""
        self._answered(self._post)

    def _get(self) -> None:
        name = self.name
        if name == "about":
            self._send_json(self.server.about | self._state())
        elif name == "events":
            self._stream(parse_qs(urlsplit(self.path).query))
        elif name.startswith("results/"):
            self._result(name.removeprefix("results/"))
        else:
            name = name or "index.html"
            if name not in self.server.pages:
                raise Refused(HTTPStatus.NOT_FOUND, "there is no such page")
            kind = KINDS[PurePosixPath(name).suffix]
            self._send(self.server.pages[name], kind)

    def _state(self) -> dict[str, Any]:
        session = self.server.session
        return {"job": session.job, "busy": session.is_busy}

    def _result(self, name: str) -> None:
        """Give a file that the last job wrote; names are those in its folder."""
        folder = self.server.session.results
        known = {
            file.name: file
            for file in (folder.iterdir() if folder.is_dir() else ())
            if file.is_file() and not file.is_symlink()
        }
        if name not in known:
            raise Refused(HTTPStatus.NOT_FOUND, "there is no such result")
        self._send(
            known[name].read_bytes(),
            "application/octet-stream",
            {"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def _post(self) -> None:
        name = self.name
        request = self._read_json()
        if name == "cancel":
            self.server.session.cancel()
            self._send_json(self._state())
        elif name == "begin":
            try:
                self.server.session.begin(request)
            except Busy:
                raise Refused(
                    HTTPStatus.CONFLICT,
                    "another compilation is running (perhaps in another tab): wait for"
                    " it, or cancel it",
                ) from None
            self._send_json(self._state())
        else:
            raise Refused(HTTPStatus.NOT_FOUND, "there is no such request")

    def _stream(self, query: Mapping[str, list[str]]) -> None:
        """Send a job's events, as they come, until it is idle (server-sent events)."""
        try:
            job = int(query.get("job", ["0"])[0])
        except ValueError:
            raise Refused(
                HTTPStatus.BAD_REQUEST, "job must be a number"
            ) from None
        self.send_response(HTTPStatus.OK)
        self._send_headers({"Content-Type": "text/event-stream"})
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        session = self.server.session
        sent = 0
        while session.job == job:
            events = session.since(job, sent, WAIT_S)
            for event in events:
                self.wfile.write(
                    b"data: " + json.dumps(event).encode() + b"\n\n"
                )
            if not events:
                self.wfile.write(b": still here\n\n")
            sent += len(events)
            if any(event["kind"] == "idle" for event in events):
                return
