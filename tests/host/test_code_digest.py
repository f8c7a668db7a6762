"""What is made anew when code changes: everything that a module imports, however deep,
decides its digest.
"""

from pathlib import Path

import pytest

from nsc.host.code_digest import sources_of


def names(module: str) -> set[str]:
    import nsc

    package = Path(nsc.__file__).parent
    return {str(path.relative_to(package)) for path in sources_of(module)}


def test_grown_programs_hang_on_all_that_decides_who_is_held_apart():
    """Which programs are held apart is decided by files that an older, hand-written
    list left out.
    """
    found = names("nsc.compnet.training.corpus")
    assert {
        "compnet/config.py",
        "record.py",
        "compnet/arrays.py",
        "compnet/training/held_apart.py",
    } <= found


def test_records_hang_on_front_end_sandbox_and_generator():
    found = names("nsc.exestack.dataset.work")
    assert {
        "record.py",
        "program/infer.py",
        "symbolic/lower.py",
        "sandbox/run.py",
    } <= found
    assert {
        "exestack/synthetic/expressions.py",
        "exestack/sources/outline.py",
        "text/preprocess.py",
    } <= found


def test_a_module_does_not_hang_on_what_it_never_imports():
    assert not {
        name
        for name in names("nsc.graph.builder")
        if name.startswith(("finetune/", "text/", "app/"))
    }


def test_what_is_no_module_is_refused():
    with pytest.raises(ValueError, match=r"'nsc\.nothing' is no module"):
        sources_of("nsc.nothing")
