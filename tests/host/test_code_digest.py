"""What is made anew when code changes: everything that a module imports, however deep,
decides its digest.
"""

import importlib.util
import shutil
from pathlib import Path

import pytest

import nsc.host
from nsc.host.code_digest import sources_of

# a small package named nsc: what `made` does hangs on all but `other`
SMALL = {
    "__init__.py": "",
    "made.py": "from nsc.room import thing\n",
    "room/__init__.py": "from nsc.room.things import thing as thing\n",
    "room/things.py": "def thing():\n    from nsc import deep\n    return deep\n",
    "room/list.txt": "one\n",
    "deep.py": "if 0:\n    import nsc.near.below\nfrom .near import beside\n",
    "near/__init__.py": "",
    "near/below.py": "import nsc.made\n",
    "near/beside.py": "from ..level import VALUE\n",
    "near/csrc/walk.c": "int f(void) { return 1; }\n",
    "level.py": "VALUE = 1\n",
    "other.py": "VALUE = 1\n",
    "far/list.txt": "one\n",
}


def digest_in(folder: Path, module: str = "nsc.made") -> bytes:
    """Digest a module of the copy of nsc in a folder, with the code of that copy."""
    file = folder / "nsc" / "host" / "code_digest.py"
    file.parent.mkdir(exist_ok=True)
    shutil.copy(Path(nsc.host.__file__).with_name("code_digest.py"), file)
    spec = importlib.util.spec_from_file_location("copied_code_digest", file)
    copied = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copied)
    return copied.code_digest(module)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name, text in SMALL.items():
        path = tmp_path / "nsc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    "name",
    [
        "made.py",  # the module itself
        "room/__init__.py",  # the room that it imports
        "room/things.py",  # what that re-exports
        "deep.py",  # imported inside a function
        "near/below.py",  # under a condition, and in a circle
        "near/beside.py",  # by a relative name
        "level.py",  # by a name relative to the folder above
        "room/list.txt",  # data that lies beside code
        "near/csrc/walk.c",  # C that lies beside code
    ],
)
def test_a_change_of_what_is_imported_changes_the_digest(copy, name):
    before = digest_in(copy)
    path = copy / "nsc" / name
    path.write_text(path.read_text() + "\n")
    assert digest_in(copy) != before
    path.write_text(SMALL[name])
    assert digest_in(copy) == before


@pytest.mark.parametrize("name", ["other.py", "far/list.txt"])
def test_a_change_elsewhere_does_not(copy, name):
    before = digest_in(copy)
    (copy / "nsc" / name).write_text("VALUE = 2\n")
    assert digest_in(copy) == before


def test_what_moves_from_one_file_to_another_changes_the_digest(copy):
    """Names and contents are told apart: the same bytes elsewhere are other code."""
    before = digest_in(copy)
    below = (copy / "nsc/near/below.py").read_text()
    level = (copy / "nsc/level.py").read_text()
    (copy / "nsc/near/below.py").write_text(level + below)
    (copy / "nsc/level.py").write_text("")
    assert digest_in(copy) != before


def test_where_the_package_lies_does_not_matter(copy, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    shutil.copytree(copy / "nsc", elsewhere / "nsc")
    assert digest_in(elsewhere) == digest_in(copy)


def names(module: str) -> set[str]:
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
        "graph/rules.py",
        "graph/bits/fields.py",
        "sandbox/run.py",
    } <= found
    assert {
        "exestack/synthetic/expressions.py",
        "exestack/sources/outline.py",
        "text/preprocess.py",
    } <= found


def test_a_module_does_not_hang_on_what_it_never_imports():
    assert names("nsc.graph.builder") == {
        "graph/builder.py",
        "graph/dag.py",
        "graph/nodes.py",
        "refusal.py",
    }


def test_what_is_no_module_is_refused():
    with pytest.raises(ValueError, match=r"'nsc\.nothing' is no module"):
        sources_of("nsc.nothing")
    with pytest.raises(ValueError, match=r"'numpy' is no module of nsc"):
        sources_of("numpy")
