"""The papers' CompNet: torch and numpy are one function, checkpoints of two kinds are
read.
"""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from safetensors import safe_open

pytestmark = pytest.mark.needs("torch")

from nsc.compnet import Compiler, CompilerInput, load_compnet  # noqa: E402
from nsc.compnet.bert import BertCompNet  # noqa: E402
from nsc.compnet.bert.config import (  # noqa: E402
    BertConfig,
    covering_named,
    encoder_shapes,
)
from nsc.compnet.bert.store import save_bert  # noqa: E402
from nsc.compnet.bert.text import linearised  # noqa: E402
from nsc.compnet.bert.wordpiece import SPECIAL, WordPiece  # noqa: E402
from nsc.compnet.checkpoint import write_checkpoint as write_compnet  # noqa: E402
from nsc.compnet.evaluate import run_covering  # noqa: E402
from nsc.compnet.layers import erf, gelu, layer_norm, silu  # noqa: E402
from nsc.errors import InputError, StoreError  # noqa: E402
from nsc.graph import Unsupported  # noqa: E402
from nsc.initial import compiler_input  # noqa: E402
from nsc.program import parse_program  # noqa: E402
from nsc.record import shared_inputs  # noqa: E402
from nsc.surrogate import COVERING, forward  # noqa: E402

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
PIECES = [
    *SPECIAL,
    *LETTERS,
    *(f"##{c}" for c in LETTERS),
    *"(){};,.*+-/=",
    "double",
    "return",
]
SMALL = BertConfig(
    len(PIECES), hidden=24, layers=2, heads=3, intermediate=40, positions=28
)
TEXTS = [
    "double f(double x) { return x * x; }",
    "double f(double x, double y) { /* not read */ return x / (1.5 + y); }",
    "double longer(double a, double b) { double c = a - b; return c + a; }",
    "",
]
PROFILES = ("exestackcpn", "hybertnet")


def emitted(compnet, program, output=0):
    return compnet.emission_for(compiler_input(program), output)


def net_of(profile, config=SMALL):
    import torch

    from nsc.compnet.bert.training.model import BertNet

    torch.manual_seed(1)
    net = BertNet(
        config, covering_named(profile).n_parameters, dropout=0.1
    ).eval()
    with torch.no_grad():
        for p in net.parameters():
            p.add_(0.1 * torch.randn_like(p))
    return net


def compnet_of(profile):
    arrays = {
        name: p.detach().numpy()
        for name, p in net_of(profile).named_parameters()
    }
    metadata = {"config": {"profile": profile}}
    return BertCompNet(
        arrays, SMALL, WordPiece(PIECES), covering_named(profile), metadata
    )


def padded(tokenizer, texts):
    import torch

    encoded = [
        tokenizer.clip(tokenizer.encode(text), SMALL.positions)
        for text in texts
    ]
    tokens = torch.zeros(len(texts), max(map(len, encoded)), dtype=torch.long)
    for row, numbers in zip(tokens, encoded, strict=True):
        row[: len(numbers)] = torch.tensor(numbers)
    return tokens, torch.tensor([len(numbers) for numbers in encoded])


@pytest.mark.parametrize("profile", PROFILES)
def test_numpy_and_torch_are_one_function(profile):
    import torch

    from nsc.compnet.bert.text import read_text
    from nsc.compnet.training.surrogates import run_surrogates

    net, compnet = net_of(profile), compnet_of(profile)
    tokens, lengths = padded(
        compnet.tokenizer, [read_text(text) for text in TEXTS]
    )
    assert lengths.min() < lengths.max() == SMALL.positions  # padded and cut
    topology = covering_named(profile)
    x = shared_inputs(n=20)[:, : topology.n_inputs]
    n_inputs = torch.tensor(
        [1, min(2, topology.n_inputs), 1, topology.n_inputs]
    )
    with torch.no_grad():
        w = net(tokens, lengths)
        y = run_surrogates(
            w, topology, torch.from_numpy(x.astype(np.float32)), n_inputs
        )
    for k, text in enumerate(TEXTS):
        numbers = tokens[k, : lengths[k]].numpy()
        np.testing.assert_allclose(
            compnet.parameters(numbers), w[k], rtol=0, atol=2e-5
        )
        used = x[:, : n_inputs[k]]
        np.testing.assert_allclose(
            forward(w[k].numpy(), topology, used), y[k].T, rtol=0, atol=1e-5
        )
        for output in range(topology.n_outputs):
            emitted = compnet.emit_text(text, output).w
            assert emitted.shape == (65,)
            found = run_covering(
                emitted, shared_inputs(n=20), int(n_inputs[k])
            )
            np.testing.assert_allclose(found, y[k, output], rtol=0, atol=5e-5)


def test_erf_is_the_error_function():
    z = np.linspace(-6, 6, 2001)
    want = [math.erf(v) for v in z]
    np.testing.assert_allclose(erf(z), want, rtol=0, atol=1.6e-7)


def test_only_the_cls_state_of_the_last_layer_is_computed():
    import torch

    net = net_of("exestackcpn")
    tokens, lengths = padded(WordPiece(PIECES), TEXTS)
    with torch.no_grad():
        whole, one = (
            net.states(tokens, lengths),
            net.states(tokens, lengths, last=1),
        )
    np.testing.assert_allclose(whole[:, 0], one[:, 0], rtol=0, atol=1e-5)


def test_a_saved_one_is_recognised(tmp_path):
    compnet = compnet_of("hybertnet")
    path = tmp_path / "compnet.safetensors"
    save_bert(path, compnet.arrays, SMALL, compnet.tokenizer, compnet.metadata)
    loaded = load_compnet(path)
    assert isinstance(loaded, BertCompNet) and loaded.config == SMALL
    assert (
        loaded.tokenizer.vocabulary == PIECES
        and loaded.topology == compnet.topology
    )
    np.testing.assert_allclose(
        loaded.emit_text(TEXTS[0]).w, compnet.emit_text(TEXTS[0]).w, atol=0.02
    )


@pytest.mark.parametrize(
    ("header", "lost", "why"),
    [
        ({"bert": "{"}, "", "header is damaged"),
        ({"bert": '{"width": 3}'}, "", "header is damaged"),
        ({"metadata": "{}"}, "", "header is damaged: KeyError 'config'"),
        (
            {"metadata": '{"config": {"profile": "wide"}}'},
            "",
            "unknown profile 'wide'",
        ),
        ({"vocabulary": "a\nb"}, "", r"no \[PAD\]"),
        (
            {"vocabulary": "\n".join([*PIECES, "more"])},
            "",
            "do not fit its header: vocabulary",
        ),
        ({}, "head.bias", "do not fit its header: head.bias"),
        ({"encoder": "rnn"}, "", "other functions"),
    ],
)
def test_spoilt_ones_are_refused(tmp_path, header, lost, why):
    compnet, path = compnet_of("exestackcpn"), tmp_path / "compnet.safetensors"
    save_bert(path, compnet.arrays, SMALL, compnet.tokenizer, compnet.metadata)
    with safe_open(path, "numpy") as file:
        header = file.metadata() | header
    arrays = {
        name: array for name, array in compnet.arrays.items() if name != lost
    }
    write_compnet(path, arrays, header)
    with pytest.raises(InputError, match=why):
        load_compnet(path)


def test_programs_are_read_by_their_text():
    compnet = compnet_of("exestackcpn")
    emission = emitted(compnet, parse_program(TEXTS[0]))
    assert emission.notes == () and emission.values.size == 0
    np.testing.assert_array_equal(emission.w, compnet.emit_text(TEXTS[0]).w)
    np.testing.assert_array_equal(
        emission.w, emitted(compnet, parse_program(TEXTS[0]), 3).w
    )
    renamed = emitted(compnet, parse_program(TEXTS[0].replace("x", "other")))
    assert not np.allclose(emission.w, renamed.w)  # spelling matters to it
    assert "[cut]" in emitted(compnet, parse_program(TEXTS[2])).notes[-1]
    many = (
        f"double f({', '.join(f'double x{k}' for k in range(10))}) {{ return x0 *"
        " x9; }"
    )
    fallback = emitted(compnet, parse_program(many))
    assert "[too_many_inputs]" in fallback.notes[-1]
    np.testing.assert_array_equal(fallback.w, compnet.base)


# checkpoints in the format of transformers

NAMES = {
    "words": "embeddings.word_embeddings",
    "positions": "embeddings.position_embeddings",
    "segments": "embeddings.token_type_embeddings",
    "norm": "embeddings.LayerNorm",
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "merge": "attention.output.dense",
    "norm_1": "attention.output.LayerNorm",
    "wide": "intermediate.dense",
    "narrow": "output.dense",
    "norm_2": "output.LayerNorm",
}


def theirs(name, *, prefix="", old=False):
    *layer, part, kind = name.split(".")
    name = (
        "".join(f"encoder.layer.{k}." for k in layer[1:])
        + f"{NAMES[part]}.{kind}"
    )
    if old and "LayerNorm" in name:
        name = name.replace("weight", "gamma").replace("bias", "beta")
    return prefix + name


def write_checkpoint(folder, *, prefix="", old=False, pickled=False):
    import torch
    from safetensors.torch import save_file

    folder.mkdir()
    config = {
        "vocab_size": len(PIECES),
        "hidden_size": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 3,
        "intermediate_size": 40,
        "max_position_embeddings": 28,
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n")
    weights = {
        k: v
        for k, v in net_of("exestackcpn").state_dict().items()
        if not k.startswith("head")
    }
    weights = {
        theirs(name, prefix=prefix, old=old): value
        for name, value in weights.items()
    }
    weights |= {
        f"{prefix}pooler.dense.weight": torch.ones(24, 24),
        "cls.predictions.bias": torch.ones(3),
    }
    if pickled:
        torch.save(weights, folder / "pytorch_model.bin")
    else:
        save_file(weights, folder / "model.safetensors")
    return folder


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"prefix": "bert."},
        {"prefix": "bert.", "old": True, "pickled": True},
    ],
)
def test_transformers_checkpoints_are_read(tmp_path, how):
    from nsc.compnet.bert.training.pretrained import load_pretrained

    found = load_pretrained(write_checkpoint(tmp_path / "bert", **how))
    assert found.config == SMALL and found.tokenizer.vocabulary == PIECES
    want = net_of("exestackcpn").state_dict()
    assert set(found.weights) == {
        name for name in want if not name.startswith("head")
    }
    for name, value in found.weights.items():
        np.testing.assert_array_equal(value, want[name], err_msg=name)
    assert (
        found.digest
        == load_pretrained(write_checkpoint(tmp_path / "same")).digest
    )


def test_a_cased_checkpoint_keeps_its_case(tmp_path):
    from nsc.compnet.bert.training.pretrained import load_pretrained

    folder = write_checkpoint(tmp_path / "bert")
    (folder / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    assert not load_pretrained(folder).tokenizer.lower


def edit_config(folder, **changes):
    config = json.loads((folder / "config.json").read_text()) | changes
    (folder / "config.json").write_text(
        json.dumps({k: v for k, v in config.items() if v is not None})
    )


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (
            lambda f: (f / "config.json").unlink(),
            "not a readable BERT configuration",
        ),
        (
            lambda f: (f / "config.json").write_text("[1]"),
            "not a readable BERT configuration",
        ),
        (
            lambda f: (f / "config.json").write_text("{"),
            "not a readable BERT configuration",
        ),
        (lambda f: edit_config(f, hidden_size=None), "has no 'hidden_size'"),
        (lambda f: edit_config(f, hidden_act="relu"), "expected gelu"),
        (
            lambda f: edit_config(f, num_attention_heads=5),
            "cannot be dealt to 5 heads",
        ),
        (
            lambda f: edit_config(f, num_hidden_layers=3),
            "'layers.2.query.weight' should have shape .* found nothing",
        ),
        (
            lambda f: edit_config(f, intermediate_size=41),
            r"'layers.0.wide.weight' should have shape \(41, 24\)",
        ),
        (lambda f: (f / "vocab.txt").unlink(), "not a readable vocabulary"),
        (lambda f: (f / "vocab.txt").write_text("a\nb\n"), r"no \[PAD\]"),
        (
            lambda f: (f / "vocab.txt").write_text(
                "\n".join(PIECES) + "\nmore\n"
            ),
            "config.json says",
        ),
        (
            lambda f: (f / "model.safetensors").unlink(),
            "neither model.safetensors nor pytorch_model.bin",
        ),
        (
            lambda f: (f / "model.safetensors").write_text("no tensors"),
            "no readable weights",
        ),
        (
            lambda f: (f / "model.safetensors").rename(
                f / "pytorch_model.bin"
            ),
            "no readable weights",
        ),
    ],
)
def test_spoilt_checkpoints_are_refused(tmp_path, spoil, why):
    from nsc.compnet.bert.training.pretrained import load_pretrained

    folder = write_checkpoint(tmp_path / "bert")
    spoil(folder)
    with pytest.raises(StoreError, match=why):
        load_pretrained(folder)


def test_unknown_profiles_are_refused():
    with pytest.raises(
        InputError,
        match="unknown profile 'wide'; known are exestackcpn, hybertnet",
    ):
        covering_named("wide")


# what BERT CompNets read and emit, on small examples


def test_a_dag_is_listed_children_first():
    dag = parse_program(
        "double f(double x, double y) { return 2 * x * x - y; }"
    ).dag
    lines = linearised(dag).split(" ; ")
    assert lines[-1].startswith("return n")
    defined = [line.split()[0] for line in lines[:-1]]
    for k, line in enumerate(lines[:-1]):
        name, equals, op, *operands = line.split()
        assert (name, equals, op.isupper()) == (f"n{k}", "=", True)
        used = [operand for operand in operands if operand.startswith("n")]
        assert set(used) <= set(defined[:k])


def test_spelling_does_not_matter_to_a_listed_dag():
    one, other = (
        linearised(parse_program(text).dag)
        for text in (
            "double f(double a, double b) { return a * 3 + b; }",
            "double g(double p, double q) { double t = 3 * p; return q + t; }",
        )
    )
    assert one == other


def test_an_encoder_has_the_weights_of_its_sizes():
    shapes = encoder_shapes(SMALL)
    found = {
        name: tuple(p.shape)
        for name, p in net_of("exestackcpn").named_parameters()
    }
    head = {name: found.pop(name) for name in ("head.weight", "head.bias")}
    assert found == shapes
    assert head == {"head.weight": (65, 24), "head.bias": (65,)}


def test_a_python_callable_has_no_text_to_read():
    compnet = compnet_of("exestackcpn")
    shown = CompilerInput("", 2, Unsupported("python_callable", "no C text"))
    (emission,) = compnet.emissions_for(shown, [0])
    want = "a Python callable has no C text to read [python_callable]"
    assert emission.notes == (
        f"the text could not be used for the start: {want}",
    )
    np.testing.assert_array_equal(emission.w, compnet.base)


def test_a_function_that_runs_a_program_hides_its_text():
    program = parse_program(TEXTS[0])
    assert compiler_input(program).text == program.text
    own = replace(program, function=lambda x: x)
    assert compiler_input(own) == CompilerInput("", 1, own.dag)


def test_both_outputs_of_the_wide_covering_are_emitted():
    compnet = compnet_of("hybertnet")
    shown = CompilerInput(TEXTS[0], 1, Unsupported("none", "nothing"))
    first, second, third = compnet.emissions_for(shown, [0, 1, 2])
    assert not np.allclose(first.w, second.w)
    np.testing.assert_array_equal(
        second.w, third.w
    )  # beyond its outputs, its last
    # it reads one input: the others have no weight
    weight, _ = COVERING.layers(first.w)[0]
    assert (weight[:, 0] != 0).any() and (weight[:, 1:] == 0).all()


def test_it_is_a_compiler_as_the_structured_one_is():
    assert isinstance(compnet_of("exestackcpn"), Compiler)


@pytest.mark.parametrize("z", [-40.0, -1.0, 0.0, 0.3, 40.0])
def test_activations_by_their_definitions(z):
    at = np.array([z])
    assert silu(at)[0] == pytest.approx(z / (1 + math.exp(-z)), abs=1e-11)
    cumulative = 0.5 * (1 + math.erf(z / math.sqrt(2)))
    assert gelu(at)[0] == pytest.approx(z * cumulative, abs=1e-5)


def test_a_norm_standardises_rows():
    arrays = {"norm.weight": np.full(6, 2.0), "norm.bias": np.full(6, 1.0)}
    x = np.random.default_rng(0).normal(3, 5, (4, 6))
    found = (layer_norm(arrays, "norm", x, 1e-12) - 1.0) / 2.0
    np.testing.assert_allclose(found.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(found.std(axis=1), 1, atol=1e-9)
