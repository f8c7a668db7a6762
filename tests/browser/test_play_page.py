"""The page of nsc play in a real browser."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.needs("playwright")]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run"
    " --disable-background-networking --disable-component-update --disable-sync"
).split()
SQUARE = "double square(double x)\n{\n    return x * x;\n}\n"
REFUSED = "#include <stdlib.h>\n\ndouble noisy(double x)\n{\n    return x + rand();\n}\n"
HOSTILE = (
    'double f(double x) { __asm__("syscall"); return x; }\n'
    "/* </script><img src=x onerror=alert(1)> */\n"
)
WAIT = 90_000  # ms


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("needs chromium, which is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=CHROMIUM, args=FLAGS
        )
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def address():
    process = subprocess.Popen(
        [sys.executable, "-m", "nsc", "play", "--no-browser"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    line = process.stdout.readline()
    yield line.split()[-1]
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    process.stdout.close()


@pytest.fixture
def page(browser, address):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    faults = []
    asked = []
    opened.on(
        "console",
        lambda said: said.type == "error" and faults.append(said.text),
    )
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(address)
    ready(opened)
    yield opened
    origin = "/".join(address.split("/")[:3])
    assert [
        url for url in asked if not url.startswith((origin, "data:"))
    ] == []
    context.close()
    assert faults == []


def ready(page):
    page.wait_for_selector("#compile:not([disabled])", timeout=WAIT)


def paste(page, text):
    page.fill("#text", text)


def test_paste_compile_drag_and_download(page):
    paste(page, SQUARE)
    page.wait_for_selector("#prototype:has-text('square')", timeout=WAIT)
    ready(page)
    page.fill("#budget", "64")
    assert page.locator("#dag svg").count() == 1
    assert page.locator("#untrained svg path.line").count() == 1
    ready(page)
    page.click("#compile")
    page.wait_for_selector("#files li", timeout=WAIT)
    assert "square" in page.inner_text("#command")
    slider = page.locator("#trained input[type=range]").first
    slider.focus()
    before = page.inner_text("#trained .told")
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    told = page.inner_text("#trained .told")
    assert told != before
    x, y = (float(part.split("=")[1]) for part in told.split("→"))
    assert abs(y - x * x) < 0.02
    with page.expect_download() as found:
        page.click("#files a:has-text('surrogate.c')")
    assert b"square_surrogate" in found.value.path().read_bytes()


def test_dragging_the_domain_reads_again(page):
    paste(page, SQUARE)
    page.wait_for_selector("#prototype:has-text('square')", timeout=WAIT)
    ready(page)
    end = page.locator("#inputs input[type=number]").nth(1)
    end.fill("3")
    end.press("Tab")
    page.wait_for_selector("#untrained text:text-is('3')", timeout=WAIT)


def test_a_refused_function_is_shown_at_its_place(page):
    paste(page, REFUSED)
    place = page.locator("#problems button")
    place.wait_for(timeout=WAIT)
    assert place.inner_text().startswith("line 5:")
    place.click()
    at = page.evaluate("() => document.getElementById('text').selectionStart")
    assert REFUSED[at:].startswith("rand")
    assert page.locator("#lines b").inner_text() == "5"
    assert page.is_disabled("#compile")


def test_a_hostile_text_is_text(page):
    paste(page, HOSTILE)
    page.locator("#problems li").first.wait_for(timeout=WAIT)
    assert page.locator("img").count() == 0


def test_a_second_tab_sees_the_job_and_cannot_begin_another(page, address):
    paste(page, SQUARE)
    page.wait_for_selector("#prototype:has-text('square')", timeout=WAIT)
    ready(page)
    page.fill("#budget", "20000")
    page.click("#compile")
    page.wait_for_selector("#cancel:visible", timeout=WAIT)
    second = page.context.new_page()
    second.goto(address)
    second.wait_for_selector("#cancel:visible", timeout=WAIT)
    second.click("#cancel")
    page.wait_for_selector("#cancel", state="hidden", timeout=WAIT)
    assert "cancelled" in page.inner_text("#progress")
    second.close()


def test_a_page_of_elsewhere_reaches_nothing(browser, address):
    class Foreign(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<p>elsewhere</p>")

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Foreign)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    before = job_of(browser, address)
    page = browser.new_page()
    page.goto(f"http://localhost:{server.server_port}/")
    script = """async (address) => {
      const tried = [];
      for (const [path, how] of [["about", {}], ["begin", {method: "POST", body: "{}"}],
          ["begin", {method: "POST", mode: "no-cors", body: "{}"}]]) {
        try { tried.push((await fetch(address + path, how)).type); } catch (error) { tried.push("refused"); }
      }
      return tried;
    }"""
    found = page.evaluate(script, address)
    assert found[:2] == ["refused", "refused"]
    assert found[2] in ("refused", "opaque")
    page.close()
    server.shutdown()
    server.server_close()
    assert job_of(browser, address) == before


def job_of(browser, address):
    """Return the number of the last job that was begun."""
    page = browser.new_page()
    page.goto(address + "about")
    job = json.loads(page.inner_text("body"))["job"]
    page.close()
    return job


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_both_widths(browser, address, width, scheme):
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    page = context.new_page()
    page.goto(address)
    ready(page)
    wide = page.evaluate("() => document.documentElement.scrollWidth")
    assert wide <= width
    context.close()


def test_a_report_has_the_surrogate_to_try(browser, tmp_path):
    import nsc

    nsc.compile(
        "double f(double x, double y) { return x * y + 1; }",
        budget=80,
        folder=tmp_path / "out",
        timing=False,
    )
    page = browser.new_page(viewport={"width": 390, "height": 900})
    faults = []
    page.on("console", lambda m: m.type == "error" and faults.append(m.text))
    page.goto((tmp_path / "out" / "report.html").as_uri())
    slider = page.locator("#slices input[type=range]").first
    slider.focus()
    page.keyboard.press("End")
    told = page.inner_text("#slices .told")
    assert "y = 1" in told
    wide = page.evaluate("() => document.documentElement.scrollWidth")
    assert wide <= 390
    assert faults == []
    page.close()
