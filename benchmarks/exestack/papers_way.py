"""The papers' whole pipeline (ICML 2024, section 4), done plainly: the peer of run.py
that finds its functions itself.

In: a package's .c files. Out: how many functions came to outputs. For each file `gcc
-E`, up to twice while a line begins with `#`, the last text that it gave being kept;
functions whose signatures have float and double alone, none of them twice (by tokens);
each of them, alone, with standard headers: a compilation that checks it (figure 6), one
with the harness of figure 7, whose text holds the 2,048 inputs and which prints the
outputs, then five runs, which must agree. Nothing is confined. Two favours to it: `-P`,
so that expanding once is enough where it works, and tree-sitter, fast and written in C,
which finds the functions. `in_one_go` is what could be made of it: compiled once, with
-O1, inputs and outputs through pipes as they are.
"""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import tree_sitter_c
from tree_sitter import Language, Node, Parser

from nsc.exestack.sources.text import SourceText
from nsc.record import shared_inputs

HEADERS = "".join(
    f"#include <{name}.h>\n"
    for name in ("math", "float", "stdint", "stdio", "stdlib", "string")
)
CHECK = "\nint main(void) { return 0; }\n"  # figure 6
FIGURE_7 = """
double inputs[2048][%(i)d] = {
%(rows)s
};
int main() {
    for (int i = 0; i < 2048; i++) {
%(arguments)s
        double out = %(name)s(%(passed)s);
        printf("%%f, ", out);
        printf("\\n");
    }
    return 0;
}
"""
HARNESS = """
static double nsc_x[2048 * %(i)d], nsc_y[2048];
int main(void) {
  size_t n = fread(nsc_x, sizeof(double), 2048 * %(i)d, stdin) / %(i)d;
  for (size_t k = 0; k < n; k++) nsc_y[k] = %(call)s;
  return fwrite(nsc_y, sizeof(double), n, stdout) != n;
}
"""
NUMERIC = frozenset({"float", "double"})
TOKEN = re.compile(rb"\w+|\S")


def functions_of(found: SourceText) -> Iterator[tuple[str, str, int]]:
    """Yield the text, name and number of inputs of each pointer-free numeric function
    of a file.
    """
    text = expanded(found)
    parser = Parser(Language(tree_sitter_c.language()))
    for node in parser.parse(text).root_node.named_children:
        signature = (
            numeric_signature(node)
            if node.type == "function_definition"
            else None
        )
        if signature:
            yield node.text.decode("latin-1"), *signature


def expanded(found: SourceText) -> bytes:
    """Run the preprocessor as the papers do; where it fails the text stays as it was."""
    text = found.text.encode("latin-1", "replace")
    folder = Path(found.package, *Path(found.path).parts[1:]).parent
    folders = (f"-I{f}" for f in (folder, *header_folders(found.package)))
    command = ["gcc", "-E", "-P", "-w", "-x", "c", *folders, "-"]
    for _ in range(2):
        if not re.search(rb"^\s*#", text, re.MULTILINE):
            break
        made = subprocess.run(command, input=text, capture_output=True)
        if made.returncode:
            break
        text = made.stdout
    return text


@cache
def header_folders(package: str) -> list[Path]:
    return sorted({header.parent for header in Path(package).rglob("*.h")})


def numeric_signature(node: Node) -> tuple[str, int] | None:
    """Return name and number of inputs where result and parameters are float or double,
    none a pointer.
    """
    declarator = node.child_by_field_name("declarator")
    if (
        declarator is None
        or declarator.type != "function_declarator"
        or not is_numeric(node)
    ):
        return None
    name, listed = (
        declarator.child_by_field_name("declarator"),
        declarator.child_by_field_name("parameters"),
    )
    parameters = [
        child for child in listed.named_children if child.type != "comment"
    ]
    if name.type != "identifier" or not parameters:
        return None
    plain = all(
        p.type == "parameter_declaration" and is_numeric(p) and is_plain(p)
        for p in parameters
    )
    return (name.text.decode("latin-1"), len(parameters)) if plain else None


def is_numeric(node: Node) -> bool:
    kind = node.child_by_field_name("type")
    return kind is not None and kind.text.decode("latin-1") in NUMERIC


def is_plain(parameter: Node) -> bool:
    declarator = parameter.child_by_field_name("declarator")
    return declarator is not None and declarator.type == "identifier"


def inputs_of(n_inputs: int) -> np.ndarray:
    """Return 2,048 inputs: any from U(-1, 1) will do, for more than nine arguments too."""
    return np.resize(shared_inputs(), (2048, n_inputs))


def comes_to_outputs(text: str, name: str, n_inputs: int) -> bool:
    """Check that a function compiles, and run it in the harness that holds its inputs."""
    rows = ",\n".join(
        "    {" + ", ".join(map(repr, row)) + "}"
        for row in inputs_of(n_inputs).tolist()
    )
    arguments = "\n".join(
        f"        double arg{i} = inputs[i][{i}];" for i in range(n_inputs)
    )
    passed = ", ".join(f"arg{i}" for i in range(n_inputs))
    harness = FIGURE_7 % {
        "i": n_inputs,
        "rows": rows,
        "arguments": arguments,
        "name": name,
        "passed": passed,
    }
    with tempfile.TemporaryDirectory() as folder:
        compiled = compile_with_gcc(
            HEADERS + text + CHECK, Path(folder), "check"
        ) and compile_with_gcc(HEADERS + text + harness, Path(folder), "run")
        return compiled is not None and five_runs_agree(compiled)


def in_one_go(text: str, name: str, n_inputs: int) -> bool:
    """Compile and run a function with no more work than there must be."""
    call = f"{name}({', '.join(f'nsc_x[k * {n_inputs} + {i}]' for i in range(n_inputs))})"
    return runs_alike(
        HEADERS + text + HARNESS % {"i": n_inputs, "call": call},
        inputs_of(n_inputs),
    )


def runs_alike(text: str, x: np.ndarray) -> bool:
    """Compile a program with gcc, run it five times on inputs `n i`, and say whether it
    gave the same each time.
    """
    with tempfile.TemporaryDirectory() as folder:
        compiled = compile_with_gcc(text, Path(folder), "p", "-O1")
        return compiled is not None and five_runs_agree(
            compiled, np.ascontiguousarray(x).tobytes()
        )


def compile_with_gcc(
    text: str, folder: Path, name: str, *flags: str
) -> Path | None:
    source, binary = folder / f"{name}.c", folder / name
    source.write_text(text)
    made = subprocess.run(
        ["gcc", *flags, "-w", source, "-o", binary, "-lm"], capture_output=True
    )
    return None if made.returncode else binary


def five_runs_agree(binary: Path, given: bytes = b"") -> bool:
    try:
        runs = [
            subprocess.run(
                [binary], input=given, capture_output=True, timeout=8
            )
            for _ in range(5)
        ]
    except subprocess.TimeoutExpired:
        return False
    return all(r.returncode == 0 and r.stdout == runs[0].stdout for r in runs)


def distinct(
    functions: Iterator[tuple[str, str, int]],
) -> list[tuple[str, str, int]]:
    """Keep the first of those with equal tokens."""
    return list(
        {
            tuple(TOKEN.findall(text.encode("latin-1"))): (text, *rest)
            for text, *rest in functions
        }.values()
    )
