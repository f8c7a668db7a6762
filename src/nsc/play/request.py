"""One request to the page's server: who may ask, in what bounds, and how it is answered.

In: a connection. Out: `Request`, which what answers extends. Non-goals: what is asked for
(server).
"""

from __future__ import annotations

import hmac
import json
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol
from urllib.parse import urlsplit

REQUEST_S = 30.0  # that a request may take to arrive, however slowly it does
DRAINED = (
    8 << 20
)  # bytes of a request that is too large, which are read to answer it
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


class Asked(Protocol):
    """What a request needs of its server.

    Attributes:
        token: that addresses must have.
        most_bytes: of a request's body.
    """

    token: str
    most_bytes: int
    server_port: int


class Request(BaseHTTPRequestHandler):
    """One request."""

    server: Asked  # pyright: ignore[reportIncompatibleVariableOverride]
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

    def _read_json(self) -> dict[str, Any]:
        most = self.server.most_bytes
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
