"""A small report of each kind, made by hand."""

from dataclasses import replace

from nsc.report import (
    Bound,
    CallTime,
    Curve,
    DraftReport,
    Drawn,
    ErrorBars,
    Errors,
    Figures,
    Finetuning,
    Form,
    HeatMap,
    Histogram,
    OtherForms,
    Report,
    Round,
    Size,
    Source,
    Teacher,
    Twin,
    Within,
    ZeroShot,
)

STARTS = {"compnet": "compiled from the text", "random": "random draws"}
DESCRIBED = {
    "function": "wave",
    "signature": "double wave(double x)",
    "inputs": ("x",),
    "outputs": ("return",),
    "domain": {"x": (0.0, 2.0)},
    "drawn": Drawn(log=("x",), where=("x < 2",), sample="x.csv", rows=9000),
    "topology": "9-4-4-1",
    "activation": "sigmoid",
    "initial": "auto",
    "seed": 3,
    "program": Source("wave.c", 2, "double wave(double x) { return x; }\n"),
}


TWIN = Twin(
    reduced="N 200 -> 20",
    price=0.05,
    nmse=(1e-5,),
    corrections=("linear in the twin",),
    dear_runs=16,
    cheap_runs=1040,
    cost=70.0,
    tried=9,
    is_used=True,
)


def errors(rmse: float = 0.5) -> Errors:
    return Errors(
        n=4096,
        mse=rmse**2,
        rmse=rmse,
        nmse=0.0625,
        mean_abs=0.375,
        max_abs=1.5,
        quantiles={"0.5": 0.25, "0.9": 1.0},
        bound=Bound(0.99, 0.005, 1.25, "with 99 % confidence few exceed 1.25"),
    )


def example() -> Report:
    """Make a report of a verified surrogate, every part of it filled in."""
    curve = Curve(
        "return along x", "x", "return", (0.0, 2.0), (0.0, 1.0), (0.0, 1.5)
    )
    heat = HeatMap("return", "x", "y", ((0.0, 1.0),), ((0.5, 1.0),))
    return Report(
        **DESCRIBED,
        optimizer="lm",
        backend="cpu",
        budget=100,
        program_runs={"train": 80, "validation": 20, "verification": 4096},
        check_runs={"signature": 512},
        twin=TWIN,
        teacher=Teacher(
            nmse=(1e-4,),
            noise=(0.0,),
            models=({"RBF of outputs": 0.75, "the text as it is": 0.25},),
            is_used=True,
        ),
        within=Within(
            function="whole", runs=64, calls=2.5, test=errors(), file="whole.c"
        ),
        sizes=(
            (
                Size("9-8-8-1", 1e-4, 23.0, True, 30.5),
                Size("9-16-1", 3e-4, 17.0),
                Size("9-8-1", None, 10.0),
            ),
        ),
        forms=OtherForms(
            3072,
            Form("network", "", 776, 23.0, 1e-4),
            (Form("polynomial", "of degree 9", 80, 6.2, 9e-5, True),),
        ),
        zero_shot={
            "compnet": ZeroShot(0.5, 0.25),
            "random": ZeroShot(8.0, 4.0),
        },
        expected_zero_shot_nmse=(0.125,),
        test=errors(),
        error_bars=ErrorBars(
            level=0.95,
            held=(0.94,),
            judged_on=2048,
            calibrated_on=2048,
            networks=4,
        ),
        target_error=None,
        target_reached=None,
        rounds=(Round(100, "9-4-4-1", 0.5),),
        finetune=(
            Finetuning(
                "cpu",
                "patience",
                1,
                2,
                "compiled text",
                1,
                (1.0, 0.5),
                (1.5, 1.0),
            ),
        ),
        time_s={"compile": 0.25, "finetune": 1.5, "total": 130.0},
        ns_per_call=CallTime(12.25, 30.5),
        notes=("a [note]",),
        figures=Figures(
            (curve,), (heat,), ((0.0,), (1.0,)), ((0.5,), (1.0,)), histogram()
        ),
        files=("surrogate.c", "report.json"),
        exported_function="wave_surrogate",
    )


def histogram() -> Histogram:
    return Histogram((-1.0, 0.0, 1.0), (2, 3))


def draft() -> DraftReport:
    """Make a report of what nothing has verified."""
    return DraftReport(
        **DESCRIBED,
        expected_zero_shot_nmse=(0.125,),
        time_s={"compile": 0.25, "total": 0.5},
        notes=("'g' has no body here and is read as sin, by its name",),
        files=("surrogate.c", "report.json"),
        exported_function="wave_surrogate",
    )


def without_bound(report: Report) -> Report:
    return replace(report, test=replace(report.test, bound=None))


def with_outputs(report: Report, n: int) -> Report:
    """Give a report several outputs, the first with the least error."""
    each = tuple(errors(0.5 * 2**k) for k in range(n))
    names = tuple(f"y{k}" for k in range(n))
    return replace(
        report, outputs=names, test=replace(report.test, outputs=each)
    )
