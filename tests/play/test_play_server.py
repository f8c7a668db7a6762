"""The page's server answers its own page, and nobody else."""

import http.client
import json
import socket
import sys
import threading
from contextlib import contextmanager

import pytest

from nsc.play import Limits, PlayServer, Session
from nsc.play import server as server_module

ECHO = (
    "import json, sys; r = json.load(sys.stdin);"
    "print(json.dumps({'kind': 'progress', 'what': 'x', 'fraction': 0.5}), flush=True);"
    "open(sys.argv[1] + '/surrogate.c', 'w').write('int x;');"
    "print('no event', flush=True);"
    "print(json.dumps({'kind': 'done', 'said': r.get('said')}), flush=True)"
)
SLOW = "import sys, time; sys.stdin.read(); time.sleep(60)"
CRASH = "import sys; sys.stdin.read(); sys.exit(3)"


@contextmanager
def serving(code=ECHO, limits=Limits()):
    session = Session([sys.executable, "-c", code], limits)
    server = PlayServer(
        session, 0, {"version": "1"}, {"network.js": b"shared"}
    )
    thread = threading.Thread(
        target=server.serve_forever, args=(0.02,), daemon=True
    )
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        session.close()
        assert not session.folder.exists()


def ask(server, path, body=None, headers=None, token=None):
    """Ask as the page itself would, but for what is given."""
    port = server.server_port
    token = server.token if token is None else token
    own = {"Host": f"127.0.0.1:{port}"}
    data = None
    if body is not None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        own |= {
            "Origin": f"http://127.0.0.1:{port}",
            "Content-Type": "application/json",
            "Content-Length": str(len(data)),
        }
    given = {k: v for k, v in {**own, **(headers or {})}.items() if v}
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    link.putrequest(
        "GET" if body is None else "POST",
        f"/{token}/{path}",
        skip_host=True,
        skip_accept_encoding=True,
    )
    for name, value in given.items():
        link.putheader(name, value)
    link.endheaders(data)
    answer = link.getresponse()
    found = answer.status, answer.read(), dict(answer.getheaders())
    link.close()
    return found


def events(server, job):
    _, data, _ = ask(server, f"events?job={job}")
    lines = data.decode().split("\n\n")
    return [json.loads(x[6:]) for x in lines if x.startswith("data: ")]


def test_the_page_and_its_files_are_given_with_a_strict_policy():
    with serving() as server:
        for name in ("", "play.js", "play.css", "network.js"):
            status, data, headers = ask(server, name)
            assert status == 200 and data
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert "Access-Control-Allow-Origin" not in headers
        status, data, _ = ask(server, "about")
        assert json.loads(data) == {"version": "1", "job": 0, "busy": False}


def test_a_job_is_followed_to_its_end_and_its_files_are_given():
    with serving() as server:
        status, data, _ = ask(server, "begin", {"said": "hello"})
        assert status == 200
        kinds = events(server, json.loads(data)["job"])
        assert [e["kind"] for e in kinds] == ["progress", "done", "idle"]
        assert kinds[1]["said"] == "hello"
        status, data, headers = ask(server, "results/surrogate.c")
        assert (status, data) == (200, b"int x;")
        assert "attachment" in headers["Content-Disposition"]


@pytest.mark.parametrize(
    "path",
    [
        "results/../../etc/passwd",
        "results/%2e%2e/x",
        "results/",
        "../index.html",
        "no.html",
        "results/none.c",
    ],
)
def test_nothing_else_is_given(path):
    with serving() as server:
        assert ask(server, path)[0] in (403, 404)


def test_a_link_among_results_is_not_followed():
    with serving() as server:
        ask(server, "begin", {})
        events(server, 1)
        (server.session.results / "link").symlink_to("/etc/hostname")
        assert ask(server, "results/link")[0] == 404


@pytest.mark.parametrize("token", ["", "x", "ü", "a" * 5000])
def test_who_does_not_know_the_token_gets_nothing(token):
    with serving() as server:
        token = token.encode("latin-1", "replace").decode("latin-1")
        quoted = token if token.isascii() else "%FC"
        assert ask(server, "about", token=quoted)[0] == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": ""}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Length": ""}, 411),
        ({"Content-Length": "9999999999"}, 413),
        ({"Content-Length": "-1"}, 411),
    ],
)
def test_another_page_cannot_begin_a_job(headers, status):
    with serving() as server:
        assert ask(server, "begin", {}, headers)[0] == status
        assert server.session.job == 0


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b"[" * 100000])
def test_what_is_no_request_is_refused(body):
    with serving() as server:
        assert ask(server, "begin", body)[0] == 400


def test_one_job_at_a_time_and_it_can_be_cancelled():
    with serving(SLOW) as server:
        assert ask(server, "begin", {})[0] == 200
        status, data, _ = ask(server, "begin", {})
        assert status == 409 and "another" in json.loads(data)["error"]
        assert json.loads(ask(server, "about")[1])["busy"]
        ask(server, "cancel", {})
        kinds = [e["kind"] for e in events(server, 1)]
        assert kinds == ["ended", "idle"]
        assert not server.session.is_busy


def test_a_job_that_takes_too_long_is_ended():
    with serving(SLOW, Limits(seconds=0.3)) as server:
        ask(server, "begin", {})
        ended, idle = events(server, 1)
        assert "longer than 0.3 s" in ended["why"] and idle["kind"] == "idle"


def test_a_job_that_crashes_is_told():
    with serving(CRASH) as server:
        ask(server, "begin", {})
        assert "code 3" in events(server, 1)[0]["why"]


def test_more_events_than_are_kept_are_dropped():
    code = (
        "import json, sys; sys.stdin.read()\n"
        "for k in range(500): print(json.dumps({'kind': 'progress'}))\n"
        "print(json.dumps({'kind': 'done'}))"
    )
    with serving(code, Limits(events=50)) as server:
        ask(server, "begin", {})
        found = events(server, 1)
        assert len(found) == 52 and found[-2]["kind"] == "done"


def test_a_connection_that_sends_nothing_is_dropped(monkeypatch):
    monkeypatch.setattr(server_module._Handler, "timeout", 0.2)
    with (
        serving() as server,
        socket.create_connection(("127.0.0.1", server.server_port)) as link,
    ):
        link.sendall(b"POST /x HTTP/1.1\r\nHost: ")
        link.settimeout(20)
        assert link.recv(100) == b""
        assert ask(server, "about")[0] == 200


def test_a_request_that_drips_is_cut_off(monkeypatch):
    monkeypatch.setattr(server_module._Handler, "timeout", 0.4)
    with (
        serving() as server,
        socket.create_connection(("127.0.0.1", server.server_port)) as link,
    ):
        link.settimeout(0.05)
        for _ in range(400):
            try:
                link.sendall(b"G")
                if link.recv(10) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        else:
            pytest.fail("it was never cut off")


def test_more_connections_than_are_served_are_closed(monkeypatch):
    monkeypatch.setattr(server_module, "MOST_CONNECTIONS", 2)
    with serving() as server:
        address = ("127.0.0.1", server.server_port)
        links = [socket.create_connection(address) for _ in range(5)]
        links[-1].settimeout(20)
        assert links[-1].recv(10) == b""
        for link in links:
            link.close()


@pytest.mark.parametrize("target", ["x", "http://[", "*", "//"])
def test_a_target_that_is_none_is_answered(target):
    with serving() as server:
        port = server.server_port
        with socket.create_connection(("127.0.0.1", port)) as link:
            link.settimeout(20)
            head = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"
            link.sendall(head.encode())
            assert link.recv(12) in (b"HTTP/1.1 400", b"HTTP/1.1 403")


def test_a_body_that_is_too_large_is_answered():
    with serving() as server:
        assert ask(server, "begin", b"x" * (2 << 20))[0] == 413


def test_a_job_that_begins_at_once_gets_its_own_events_alone():
    with serving() as server:
        for number in range(1, 12):
            while ask(server, "begin", {})[0] == 409:
                pass
            kinds = [e["kind"] for e in events(server, number)]
            assert kinds == ["progress", "done", "idle"]


def test_what_comes_after_a_cancel_does_not_count():
    code = (
        "import json, sys, signal; sys.stdin.read()\n"
        "signal.signal(signal.SIGTERM, lambda *a: None)\n"
        "print(json.dumps({'kind': 'progress'}), flush=True); signal.pause()\n"
        "print(json.dumps({'kind': 'done'}), flush=True)"
    )
    with serving(code) as server:
        ask(server, "begin", {})
        server.session.since(1, 0, 20)
        ask(server, "cancel", {})
        kinds = [e["kind"] for e in events(server, 1)]
        assert kinds == ["progress", "ended", "idle"]


def test_temporary_files_of_a_job_are_the_sessions():
    code = (
        "import json, sys, tempfile; sys.stdin.read()\n"
        "print(json.dumps({'kind': 'done', 'at': tempfile.mkdtemp()}))"
    )
    with serving(code) as server:
        ask(server, "begin", {})
        at = events(server, 1)[0]["at"]
        assert at.startswith(str(server.session.folder))
