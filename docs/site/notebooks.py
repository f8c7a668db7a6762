"""Execute the notebooks, and write them as pages of the site.

    python docs/site/notebooks.py     # executes all, and stores what they print

In: docs/notebooks/*.ipynb. Out: the same with outputs; Markdown. Non-goals: pictures
that are large, outputs that are neither text, pictures nor HTML.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "notebooks"
SECONDS = 600


def executed(notebook: Any, folder: Path) -> Any:
    """Run a notebook from its start, in a folder.

    Args:
        notebook: as nbformat reads it; it is changed.
        folder: where its files appear.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell fails.
    """
    from nbclient import NotebookClient

    client = NotebookClient(
        notebook,
        timeout=SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute()
    for cell in notebook.cells:
        cell.metadata = {}
    notebook.metadata = {
        "kernelspec": {
            "display_name": "Python 3",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    }
    return notebook


def printed(notebook: Any) -> str:
    """Return all that a notebook shows as text."""
    parts = []
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            text = output.get("text") or output.get("data", {}).get(
                "text/plain", ""
            )
            parts.append("".join(text))
    return "\n".join(p for p in parts if not p.startswith("<Figure"))


def as_page(path: Path) -> str:
    """Write a notebook as Markdown."""
    notebook = json.loads(path.read_text())
    parts = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
            continue
        parts.append(f"```python\n{source}\n```")
        parts += [_shown(output) for output in cell["outputs"]]
    return "\n\n".join(p for p in parts if p) + "\n"


def _shown(output: Any) -> str:
    if "text" in output:
        return f"```text\n{''.join(output['text']).rstrip()}\n```"
    data = output.get("data", {})
    if "image/png" in data:
        picture = "".join(data["image/png"]).replace("\n", "")
        return f"![figure](data:image/png;base64,{picture})"
    text = "".join(data.get("text/plain", ""))
    return f"```text\n{text}\n```" if text else ""


def main() -> int:
    import nbformat

    for path in sorted(FOLDER.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        with tempfile.TemporaryDirectory() as folder:
            nbformat.write(executed(notebook, Path(folder)), path)
        print(f"executed: {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
