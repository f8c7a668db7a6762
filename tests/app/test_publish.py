"""The shipped weights as a folder that a model hub reads."""

import hashlib
import json

from nsc.app import main
from nsc.compnet import SHIPPED, load_compnet

CARD = (
    "# Card\n\nSee [data](data-card.md) and [the web](https://example.org).\n"
)


def written(tmp_path, *more):
    card = tmp_path / "card.md"
    card.write_text(CARD)
    out = tmp_path / "out"
    return out, main(
        ["release-weights", "--card", str(card), "-o", str(out), *more]
    )


def test_weights_are_published_with_their_card(tmp_path, capsys):
    out, code = written(tmp_path, "--json")
    assert code == 0
    files = json.loads(capsys.readouterr().out)
    names = {f["name"] for f in files}
    assert names >= {"compnet.safetensors", "pretrained.safetensors"}
    for f in files:
        data = (out / f["name"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == f["sha256"]
    load_compnet(out / "compnet.safetensors")
    card = (out / "README.md").read_text()
    assert card.startswith("---\nlicense: apache-2.0\n")
    assert "See data and [the web](https://example.org)." in card
    assert written(tmp_path)[1] == 0  # its own folder is replaced
    (out / "weights.json").unlink()
    assert written(tmp_path)[1] == 2  # nothing else is
    assert "name a new folder" in capsys.readouterr().err


def test_what_is_no_checkpoint_of_the_papers_is_refused(tmp_path, capsys):
    out, code = written(tmp_path, "--bert", str(SHIPPED))
    assert code == 2 and not out.exists()
    assert "expected a checkpoint of the papers'" in capsys.readouterr().err


def test_a_card_that_is_missing_is_an_input_error(tmp_path, capsys):
    words = ["release-weights", "--card", "none.md", "-o", str(tmp_path / "o")]
    assert main(words) == 2
    assert "none.md: expected a model card" in capsys.readouterr().err
