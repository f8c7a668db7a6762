"""Shared fixtures and options."""

import importlib.util
import shutil
import signal

import pytest
from hypothesis import HealthCheck, settings
from jaxtyping import install_import_hook

# Shapes and types in the annotations of these rooms hold while tests run.
CHECKED_ROOMS = ["nsc.surrogate", "nsc.finetune", "nsc.compnet"]
install_import_hook(CHECKED_ROOMS, "type_checker.checked")

# No test hangs on how fast a machine is.
settings.register_profile(
    "any_speed",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("any_speed")

# A shell's background jobs ignore Ctrl-C, and what they start would, too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _has_gpu() -> bool:
    if importlib.util.find_spec("torch") is None:
        return False
    import torch

    return torch.cuda.is_available()


_COMMANDS = (
    "gcc",
    "g++",
    "gfortran",
    "rustc",
    "node",
    "arm-none-eabi-gcc",
    "qemu-system-arm",
)
_TOOLS = {
    **{name: lambda name=name: bool(shutil.which(name)) for name in _COMMANDS},
    "cuda": _has_gpu,
}


def pytest_addoption(parser):
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite the golden files"
    )


def pytest_runtest_setup(item):
    for marker in item.iter_markers("needs"):
        what = marker.args[0]
        found = _TOOLS.get(
            what, lambda what=what: importlib.util.find_spec(what) is not None
        )()
        if not found:
            pytest.skip(f"needs {what}, which is not installed")


@pytest.fixture
def update_golden(request):
    return request.config.getoption("--update-golden")
