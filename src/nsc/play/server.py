"""The page's server: on 127.0.0.1, for who knows the token, for its own page alone.

In: a `Session`, what the page is told at its start. Out: `PlayServer`. It compiles C, so
a page from elsewhere must reach nothing: the token stands in the address, Host and Origin
are checked, requests are bounded in bytes and time, and nothing but the files of this
folder and of the last job is given. Non-goals: jobs (session).
"""

from __future__ import annotations

import hmac
import json
import secrets
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qs, urlsplit

from nsc.play.session import Busy, Session

WAIT_S = 20.0  # for an event, before a line that says nothing
REQUEST_S = 30.0  # that a request may take to arrive, however slowly it does
MOST_CONNECTIONS = 32
DRAINED = (
    8 << 20
)  # bytes of a request that is too large, which are read to answer it
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Refused(Exception):
    """A request that is not answered.

    Args:
        status: of HTTP.
        said: to whoever asked.
    """

    def __init__(self, status: HTTPStatus, said: str):
        super().__init__(said)
        self.status = status
        self.said = said


def _split(target: str) -> tuple[str, str]:
    """Return the token and the name that a request asks for."""
    try:
        parts = urlsplit(target).path.split("/")
    except ValueError:
        parts = []
    if len(parts) < 2 or parts[0]:
        raise Refused(HTTPStatus.BAD_REQUEST, "expected /TOKEN/NAME")
    return parts[1], "/".join(parts[2:])


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


class _Handler(BaseHTTPRequestHandler):
    """One request."""

    server: PlayServer  # pyright: ignore[reportIncompatibleVariableOverride]
    protocol_version = "HTTP/1.1"
    server_version = "nsc"
    sys_version = ""
    timeout = REQUEST_S

    def handle_one_request(self) -> None:
        """Take one request; who is too slow is cut off."""
        self.late = threading.Timer(self.timeout or REQUEST_S, self._cut_off)
        self.late.daemon = True
        self.late.start()
        try:
            super().handle_one_request()
        finally:
            self.late.cancel()

    def _cut_off(self) -> None:
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing: the terminal is its user's."""

    def do_GET(self) -> None:
        """Give the page, its files, events, and results."""
        self.late.cancel()
        self._answered(self._get)

    def do_POST(self) -> None:
        """Begin or cancel a job."""
        self._answered(self._post)

    def _answered(self, answer: Any) -> None:
        try:
            self._check()
            answer()
        except Refused as refused:
            self.close_connection = True
            said = {"error": refused.said}
            self._send_json(said, refused.status, {"Connection": "close"})
        except (BrokenPipeError, ConnectionError, TimeoutError):
            self.close_connection = True

    def _check(self) -> None:
        """Refuse what another page, or another name for this machine, asks."""
        port = self.server.server_port
        own = {f"127.0.0.1:{port}", f"localhost:{port}"}
        if self.headers.get("Host") not in own:
            raise Refused(
                HTTPStatus.MISDIRECTED_REQUEST,
                f"Host must be 127.0.0.1:{port}, as in the address that nsc printed",
            )
        origin = self.headers.get("Origin")
        is_own = origin in {f"http://{name}" for name in own}
        if not is_own and (origin is not None or self.command == "POST"):
            raise Refused(HTTPStatus.FORBIDDEN, "Origin must be this page")
        site = self.headers.get("Sec-Fetch-Site")
        if site not in (None, "same-origin", "none"):
            raise Refused(HTTPStatus.FORBIDDEN, "asked by another page")
        token, self.name = _split(self.path)
        if not hmac.compare_digest(
            token.encode("utf-8", "replace"), self.server.token.encode()
        ):
            raise Refused(
                HTTPStatus.FORBIDDEN,
                "the address must have the token that nsc printed",
            )

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

    def _read_json(self) -> dict[str, Any]:
        most = self.server.session.limits.request
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit():
            raise Refused(
                HTTPStatus.LENGTH_REQUIRED, "Content-Length is missing"
            )
        if len(length) > 12 or int(length) > most:
            if len(length) <= 12 and int(length) <= DRAINED:
                # who is still sending does not read the answer
                self.rfile.read(int(length))
            raise Refused(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"at most {most:,} bytes are read",
            )
        if self.headers.get_content_type() != "application/json":
            raise Refused(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "expected application/json"
            )
        data = self.rfile.read(int(length))
        self.late.cancel()
        try:
            found = json.loads(data)
        except (ValueError, RecursionError):
            raise Refused(HTTPStatus.BAD_REQUEST, "expected JSON") from None
        if not isinstance(found, dict):
            raise Refused(HTTPStatus.BAD_REQUEST, "expected an object")
        return found

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

    def _send_json(
        self,
        values: Mapping[str, Any],
        status: HTTPStatus = HTTPStatus.OK,
        more: Mapping[str, str] | None = None,
    ) -> None:
        data = json.dumps(values).encode()
        self._send(data, "application/json", more, status)

    def _send(
        self,
        data: bytes,
        kind: str,
        more: Mapping[str, str] | None = None,
        status: HTTPStatus = HTTPStatus.OK,
    ) -> None:
        self.send_response(status)
        self._send_headers({"Content-Type": kind, **(more or {})})
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _send_headers(self, headers: Mapping[str, str]) -> None:
        for name, value in {**_HEADERS, **headers}.items():
            self.send_header(name, value)
