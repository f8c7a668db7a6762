"""What `nsc.compile` makes of texts, programs, callables and oracles."""

import numpy as np
import pytest

import nsc
from nsc.errors import InputError, OracleError
from nsc.initial import INITIALISERS
from nsc.program import parse_program

WAVE = "#include <math.h>\ndouble wave(double x, double y) { return sin(3*x) * y; }\n"
PARTIAL = (
    "double fast_sin(double);\ndouble wave(double x, double y) { return fast_sin(3*x) *"
    " y; }\n"
)


@pytest.mark.with_teacher
def test_the_same_seed_gives_the_same_bits():
    a = nsc.compile(WAVE, budget=60, seed=3)
    b = nsc.compile(WAVE, budget=60, seed=3)
    c = nsc.compile(WAVE, budget=60, seed=4)
    assert np.array_equal(a.members[0].w, b.members[0].w)
    assert not np.array_equal(a.members[0].w, c.members[0].w)


def test_budget_zero_is_zero_shot():
    surrogate = nsc.compile(WAVE, budget=0)
    assert surrogate.report["program_runs"]["train"] == 0
    assert (
        surrogate.report["test"]["mse"]
        == surrogate.report["zero_shot"]["compnet"]["mse"]
    )


def test_outputs_in_one_network_or_split():
    text = "void f(float x, float *s, float *c) { *s = x*x; *c = -x; }"
    joint = nsc.compile(text, budget=100, topology="covering")
    assert [str(m.topology) for m in joint.members] == ["9-4-4-2"]
    split = nsc.compile(text, budget=100, split=True, topology="covering")
    assert [str(m.topology) for m in split.members] == ["9-4-4-1", "9-4-4-1"]
    assert split(np.array([[0.5]])) == pytest.approx(
        np.array([[0.25, -0.5]]), abs=0.02
    )


def test_a_domain_is_in_the_users_units():
    surrogate = nsc.compile(
        "double f(double t) { return 2*t + 100; }",
        domain={"t": (1000, 1010)},
        budget=100,
    )
    assert surrogate(np.array([1005.0])) == pytest.approx([2110], rel=1e-4)


def test_python_callables_are_programs():
    program = nsc.Program.from_callable(
        lambda x: np.hypot(x[:, 0], x[:, 1]),
        ["a", "b"],
        ranges={"a": (0, 3), "b": (0, 4)},
        name="length",
    )
    surrogate = nsc.compile(program, budget=300)
    assert surrogate(np.array([[3.0, 4.0]])) == pytest.approx(
        np.array([[5.0]]), rel=0.02
    )


@pytest.mark.parametrize(
    ("inputs", "outputs", "message"),
    [
        (["int"], ["return"], "names of C variables, .* found 'int'"),
        (["a", "a"], ["return"], "must differ; found 'a' twice"),
        (["a"], ["nsc_x", "b"], "found 'nsc_x'"),
        (["\u00e9"], ["return"], "found '\u00e9'"),
    ],
)
def test_names_of_a_callable_are_names_in_c(inputs, outputs, message):
    with pytest.raises(InputError, match=message):
        nsc.Program.from_callable(lambda x: x[:, :1], inputs, outputs=outputs)


def test_integer_outputs_stay_in_their_type_and_are_verified_as_they_are_returned():
    text = (
        "unsigned char f(double x) { return x < 0 ? 0 : x > 1 ? 255 : (unsigned"
        " char)(255 * x); }"
    )
    surrogate = nsc.compile(
        text, budget=200, domain={"x": (-1, 2)}, timing=False
    )
    raw = surrogate.networks(np.linspace(-1, 2, 500)[:, None])
    assert raw.min() < 0 or raw.max() > 255  # what a cast would wrap around
    assert float(surrogate.report["test"]["max_abs"]).is_integer()


def test_an_oracle_runs_what_the_sandbox_cannot():
    surrogate = nsc.compile(
        PARTIAL, oracle=lambda x: np.sin(3 * x[:, 0]) * x[:, 1], budget=1000
    )
    assert (
        surrogate.report["zero_shot"]["compnet"]["nmse"]
        < 0.1 * surrogate.report["zero_shot"]["random"]["nmse"]
    )
    assert (
        surrogate.report["test"]["nmse"] < 0.05
        and surrogate.report["program_runs"]["train"] == 800
    )
    for wrong, message in [
        (
            {"text_only": True, "target_error": 0.1},
            "^target_error must be left out with text_only, which verifies nothing$",
        ),
        (
            {"text_only": True, "initial": "random"},
            "^initial must be auto or compnet with text_only, .*; found random$",
        ),
        ({"text_only": True, "oracle": np.sin}, "leave one of them out"),
    ]:
        with pytest.raises(InputError, match=message):
            nsc.compile(PARTIAL, **wrong)
    with pytest.raises(InputError, match="which has no body here"):
        nsc.compile(parse_program(PARTIAL, partial=True))


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        (lambda x: np.zeros((len(x), 2)), "expected 4096 x 1"),
        (lambda x: 1.0, "expected 4096 x 1"),
        (lambda x: 1j * x, "complex"),
        (lambda x: "no", "no array of numbers"),
        (lambda x: x / 0.0, "NaN or infinity"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
def test_oracles_are_checked(outputs, message):
    with pytest.raises(OracleError, match=message):
        nsc.compile(
            "double f(double x) { return x*x; }", oracle=outputs, budget=0
        )


def test_oracles_may_spoil_their_inputs_and_reuse_their_outputs():
    buffer = np.empty((8192, 1))

    def oracle(x):
        x *= 2
        buffer[: len(x)] = x[:, :1] * x[:, 1:]
        return buffer[: len(x)]

    surrogate = nsc.compile(
        "double f(double x, double y) { return 4*x*y; }",
        oracle=oracle,
        budget=200,
    )
    x = np.random.default_rng(1).uniform(-1, 1, (500, 2))
    error = surrogate(x)[:, 0] - 4 * x[:, 0] * x[:, 1]
    assert (
        np.sqrt(np.mean(error**2)) < 3 * surrogate.report["test"]["rmse"] < 0.1
    )


@pytest.mark.parametrize(
    "options",
    [{"seed": -1}, {"budget": -1}, {"verification": 0}, {"optimizer": "sgd"}],
)
def test_numbers_are_checked_before_anything_is_done(options):
    with pytest.raises(InputError):
        nsc.compile(
            "double f(double x) { return x; }", text_only=True, **options
        )


def test_a_network_too_large_to_fit_starts_at_random():
    surrogate = nsc.compile(
        WAVE, topology="2-64-64-1", optimizer="adam", budget=10
    )
    assert "too many to fit" in surrogate.report["notes"][0]


def test_bytes_have_a_range_and_stand_in_arrays(wave, tmp_path):
    wave.write_text(
        "#include <stdint.h>\nvoid f(uint8_t y, uint8_t rgb[2]) { rgb[0] = y; rgb[1] ="
        " 255 - y; }\nint g(const unsigned char *p, int n) { return p[0] + p[n]; }"
    )
    surrogate = nsc.compile(str(wave), function="f", budget=100, timing=False)
    assert surrogate.input_names == ("y",) and (
        surrogate.lo[0],
        surrogate.hi[0],
    ) == (
        0,
        255,
    )
    with pytest.raises(
        InputError, match="'p' points to characters; .* arrays={'p': N}"
    ):
        nsc.compile(str(wave), function="g")


def test_outputs_whose_squares_overflow_are_refused():
    with pytest.raises(
        OracleError, match="squares of that overflow; scale its outputs"
    ):
        nsc.compile("double f(double x) { return 1e200 * x; }")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"domain": "x=0:1"}, "domain must map names to"),
        ({"domain": {"x": 3}}, "the range of 'x' must be two numbers"),
        (
            {"domain": {"x": ("a", "b")}},
            "the range of 'x' must be two numbers",
        ),
        ({"domain": {"x": (0, 1, 2)}}, "the range of 'x' must be two numbers"),
        ({"budget": "10"}, "budget must be a whole number; found '10'"),
        ({"budget": 10.5}, "budget must be a whole number"),
        ({"seed": None}, "^seed must be a whole number; found None$"),
        (
            {"verification": 1.5},
            "^verification must be a whole number; found 1.5$",
        ),
        (
            {"initial": "magic"},
            "^initial must be one of auto, compnet, distill, random",
        ),
        (
            {"topology": "2-3-2"},
            "^topology must fit f, .* 1 output; found 2-3-2$",
        ),
        ({"topology": [9, 4, 4, 1]}, "topology must be widths like '9-4-4-1'"),
        ({"oracle": 3}, "^oracle must be callable, n i -> n o; found int$"),
        (
            {"include": "nowhere"},
            "^include expects folders; there is no such folder: 'nowhere'$",
        ),
    ],
)
def test_values_of_other_types_are_explained(options, message):
    with pytest.raises(InputError, match=message):
        nsc.compile("double f(double x) { return x; }", **options)


def test_things_that_are_no_programs_are_explained(tmp_path):
    with pytest.raises(
        InputError,
        match="a Program, a Python function, a path or C text; found int$",
    ):
        nsc.compile(3)
    with pytest.raises(InputError, match="nsc.embed takes a Program"):
        nsc.embed("f.c")
    with pytest.raises(InputError, match="lists of names"):
        nsc.Program.from_callable(lambda x: x, "ab")
    surrogate = nsc.compile(
        "double f(double x) { return x; }", budget=20, timing=False
    )
    with pytest.raises(InputError, match="cannot write .*nowhere"):
        surrogate.save(tmp_path / "nowhere" / "s.safetensors")


def test_a_program_needs_no_reading():
    program = parse_program(WAVE)
    for given in (
        {"function": "wave"},
        {"domain": {"x": (0, 1)}},
        {"include": ["."]},
    ):
        with pytest.raises(
            InputError, match="already has its function and domain"
        ):
            nsc.compile(program, **given)


@pytest.mark.with_teacher
def test_every_initialiser_compiles_and_is_measured():
    for name in INITIALISERS:
        report = nsc.compile(
            WAVE, initial=name, budget=20, timing=False
        ).report
        assert report["initial"] == name
        expected = {"compnet", "random"} | ({name} - {"auto"})
        assert set(report["zero_shot"]) == expected
        [finetuned] = report["finetune"]
        assert finetuned["winner"].split(",")[0] in (
            "few runs",
            "compiled text with predictions",
            "compiled text",
            "distilled",
            "pretrained",
            "maml",
            "nearest program",
            "random 0",
            *(f"random {k}" for k in range(1, 8)),
        )


def test_runs_of_an_initialiser_are_counted():
    text = "#include <math.h>\ndouble f(double x) { return jn(2, x + 3); }"
    options = {"budget": 20, "verification": 100, "timing": False}
    runs = nsc.compile(text, initial="distill", **options).report[
        "program_runs"
    ]
    assert list(runs) == [
        "initial",
        "train",
        "validation",
        "verification",
        "figures",
    ]
    assert runs["initial"] == 512 and runs["verification"] == 100
    runs = nsc.compile(text, initial="compnet", **options).report[
        "program_runs"
    ]
    assert "initial" not in runs


def test_an_oracle_runs_in_the_same_order_as_ever():
    """Distilling, training, verification, figures: sizes of what is asked for, and
    a few again, for noise."""
    asked = []

    def oracle(x):
        asked.append(len(x))
        return x[:, :1] * x[:, :1]

    program = nsc.Program.from_callable(oracle, ["x"])
    nsc.compile(program, budget=30, verification=200, initial="distill")
    assert asked == [512, 30, 200, 3, 121]


def test_embeddings_of_programs_without_text_are_refused():
    program = nsc.Program.from_callable(lambda x: x, ["x"])
    with pytest.raises(
        InputError, match="cannot be embedded: .* no C text to read"
    ):
        nsc.embed(program)
