"""Programs on the command line: what they are given, print, and do wrong."""

import os
import pickle
import subprocess
import sys
import time

import numpy as np
import pytest

from nsc.errors import InputError
from nsc.runs import Command, Reading, Server, template_of

PYTHON = sys.executable


def script(tmp_path, text, name="sim.py"):
    path = tmp_path / name
    path.write_text(text)
    return [PYTHON, str(path)]


def command(words, names=("y",), *, inputs=("a",), **options):
    reading = options.pop("reading", Reading(names))
    whole = options.pop("whole", (False,) * len(inputs))
    template = template_of(words, inputs)
    return Command(template, inputs, whole, reading, **options)


ECHO = "import sys, json; print(json.dumps({'y': float(sys.argv[1]) * 2}))"


def test_inputs_arrive_to_the_last_bit(tmp_path):
    run = command([*script(tmp_path, ECHO), "{a}"])
    x = np.array([[0.1], [1e300], [-0.0], [5e-324]])
    found = run(x)
    assert not found.failed and found.n_run == 4
    assert (found.outputs == 2 * x).all()


def test_whole_numbers_are_written_as_such(tmp_path):
    text = "import sys; assert sys.argv[1] == 'n=7!', sys.argv; print(7)"
    run = command(
        [*script(tmp_path, text), "n={n}!"], inputs=("n",), whole=(True,)
    )
    assert run(np.array([[7.0]])).outputs.tolist() == [[7.0]]


@pytest.mark.parametrize(
    ("printed", "options", "outputs"),
    [
        ('{"lift": 2, "drag": 1.5, "more": 0}', {}, [1.5, 2]),
        ("log line\n[1.5, 2]", {}, [1.5, 2]),
        ("lift, drag\n2, 1.5", {}, [1.5, 2]),
        ("1.5,2", {}, [1.5, 2]),
        ("1.5 2", {}, [1.5, 2]),
        ("1 2\n1.5 2", {"format": "csv"}, [1.5, 2]),
        (
            "drag = 9\ndrag = 1.5 N\nlift: 2",
            {
                "format": "regex",
                "patterns": (r"drag = (\S+)", r"lift: (\S+)"),
            },
            [1.5, 2],
        ),
        (
            "L 2 D 1.5",
            {
                "format": "regex",
                "patterns": (r"L (?P<lift>\S+) D (?P<drag>\S+)",),
            },
            [1.5, 2],
        ),
    ],
)
def test_outputs_are_read(tmp_path, printed, options, outputs):
    reading = Reading(("drag", "lift"), **options)
    assert reading(printed) == outputs


@pytest.mark.parametrize(
    ("code", "reason", "said"),
    [
        ("import sys; sys.exit('no mesh')", "exit 1", "exit 1: no mesh"),
        ("import os; os.abort()", "signal 6", "signal 6"),
        ("print('hello')", "unreadable", "neither JSON nor CSV"),
        ("pass", "unreadable", "but nothing"),
        ("print('NaN')", "unreadable", "'y' is nan"),
        ("print('{\"z\": 1}')", "unreadable", "no 'y'; names are z"),
        ("print('{\"y\": true}')", "unreadable", "True, which is no number"),
        ("print('1,2')", "unreadable", "2 numbers where there are 1"),
        ("print('x' * 5_000_000)", "prints_too_much", "1,048,576 bytes"),
        (
            "while True: print('x' * 100_000, flush=True)",
            "prints_too_much",
            "1,048,576 bytes",
        ),
        ("import time; time.sleep(60)", "out_of_time", "more than 0.5 s"),
        (
            "import signal, time\n"
            "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)",
            "out_of_time",
            "more than 0.5 s",
        ),
    ],
)
def test_what_goes_wrong_is_named(tmp_path, code, reason, said):
    limit = 0.5 if reason == "out_of_time" else 30.0
    run = command([*script(tmp_path, code), "{a}"], call_limit=limit)
    started = time.monotonic()
    found = run(np.array([[1.0]]))
    assert time.monotonic() - started < 25
    assert found.failed[0].reason == reason
    assert said in found.failed[0].detail
    assert np.isnan(found.outputs).all()


def test_a_call_has_a_folder_of_its_own_and_reads_nothing(tmp_path):
    text = (
        "import os, sys; assert os.listdir() == []; open('mesh', 'w').close();"
        "assert sys.stdin.read() == ''; print(1)"
    )
    run = command([*script(tmp_path, text), "{a}"])
    before = set(os.listdir())
    assert not run(np.ones((2, 1))).failed
    assert set(os.listdir()) == before


def test_what_a_program_leaves_running_ends_with_it(tmp_path):
    text = (
        "import subprocess\n"
        "p = subprocess.Popen(['sleep', '60'])\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(p.pid))\n"
        "print(1)"
    )
    run = command([*script(tmp_path, text), "{a}"])
    started = time.monotonic()
    assert not run(np.ones((1, 1))).failed
    assert time.monotonic() - started < 20
    pid = int((tmp_path / "pid").read_text())
    until = time.monotonic() + 10
    while _runs(pid) and time.monotonic() < until:
        time.sleep(0.01)
    assert not _runs(pid)


def _runs(pid):
    found = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True
    )
    return bool(found.stdout.strip()) and "Z" not in found.stdout


def test_a_call_is_tried_again_and_counted(tmp_path):
    mark = tmp_path / "mark"
    text = (
        "import os, sys\n"
        f"path = {str(mark)!r}\n"
        "if not os.path.exists(path): open(path, 'w').close(); sys.exit(3)\n"
        "print(1)"
    )
    run = command([*script(tmp_path, text), "{a}"], retries=2)
    found = run(np.ones((2, 1)))
    assert not found.failed and found.n_repeats == 1


@pytest.mark.parametrize(
    ("words", "inputs", "said"),
    [
        ("", ("a",), "must name a program"),
        ("nowhere-to-be-found {a}", ("a",), "in no folder of PATH"),
        ("./missing {a}", ("a",), "which is not there"),
        ("ls {b}", ("a",), "'{b}' in '{b}', which is no input; inputs are a"),
        ("ls {a", ("a",), "braces do not match"),
        ("ls {a:5}", ("a",), "which is no input"),
        ("ls 'open", ("a",), "cannot be read"),
        ("ls {a}", ("a", "b"), "every input in it; '{b}' is not in"),
    ],
)
def test_wrong_commands_are_refused(words, inputs, said):
    with pytest.raises(InputError, match="command") as raised:
        template_of(words, inputs)
    assert said in str(raised.value)


def test_nothing_goes_through_a_shell(tmp_path):
    words = [
        *script(tmp_path, "import sys; print(len(sys.argv))"),
        "$(ls) {a}",
    ]
    assert command(words)(np.ones((1, 1))).outputs.tolist() == [[2.0]]
    template = template_of("echo 'a b' {{x}} {a}", ("a",))
    assert template.arguments({"a": "1"})[1:] == ["a b", "{x}", "1"]


def test_a_program_built_anew_is_another(tmp_path):
    words = [*script(tmp_path, ECHO), "{a}"]
    first = command(words).description.digest
    assert command(words).description.digest == first
    script(tmp_path, ECHO + "\n")
    assert command(words).description.digest != first


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"format": "xml"}, "format must be one of auto, json, csv, regex"),
        ({"format": "regex"}, "go together"),
        ({"format": "regex", "patterns": ("(",)}, "regular expressions"),
        ({"format": "regex", "patterns": ("y",)}, "one group"),
        ({"format": "regex", "patterns": ("(y)", "(z)")}, "found 2"),
    ],
)
def test_wrong_readings_are_refused(options, said):
    with pytest.raises(InputError) as raised:
        Reading(("y",), **options)
    assert said in str(raised.value)


SERVE = """
import json, sys, os
for line in sys.stdin:
    a = json.loads(line)["inputs"]["a"]
    if a > 8: print(json.dumps({"error": "diverged"}), flush=True); continue
    if a > 7: os._exit(3)
    if a > 6: import time; time.sleep(60)
    print("log: not JSON")
    print(json.dumps({"outputs": {"y": a * 2, "pid": os.getpid()}}), flush=True)
"""


def server(tmp_path, outputs=("y",), **options):
    template = template_of(script(tmp_path, SERVE))
    return Server(template, ("a",), (False,), outputs, **options)


def test_a_server_answers_rows_in_one_process(tmp_path):
    ask = server(tmp_path, ("y", "pid"))
    found = ask(np.arange(5.0)[:, None])
    assert not found.failed
    assert found.outputs[:, 0].tolist() == [0, 2, 4, 6, 8]
    assert len(set(found.outputs[:, 1])) == 1
    again = ask(np.ones((1, 1)))
    assert again.outputs[0, 1] == found.outputs[0, 1]


def test_a_server_that_dies_errs_or_hangs_costs_a_sample(tmp_path):
    ask = server(tmp_path, call_limit=3.0)
    found = ask(np.array([[1.0], [9.0], [7.5], [2.0], [6.5], [3.0]]))
    reasons = {k: why.reason for k, why in found.failed.items()}
    assert reasons == {
        1: "answered_an_error",
        2: "server_ended",
        4: "out_of_time",
    }
    assert found.failed[1].detail == "diverged"
    assert found.outputs[[0, 3, 5], 0].tolist() == [2, 4, 6]


def test_a_server_is_sent_to_other_processes_without_its_own(tmp_path):
    ask = server(tmp_path)
    ask(np.ones((1, 1)))
    other = pickle.loads(pickle.dumps(ask))
    assert other(np.ones((1, 1))).outputs.tolist() == [[2.0]]


def test_files_among_the_arguments_are_found(tmp_path, monkeypatch):
    (tmp_path / "in{put}.txt").write_text("5")
    script(tmp_path, "import sys; print(float(open(sys.argv[2]).read()))")
    monkeypatch.chdir(tmp_path)
    run = command([PYTHON, "sim.py", "{a}", "in{put}.txt"])
    assert run(np.ones((1, 1))).outputs.tolist() == [[5.0]]
