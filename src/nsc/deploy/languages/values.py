"""A surrogate as plain values, for a page that evaluates it (report/network.js).

In: an `ExportJob`. Out: a dict for `json.dumps`. Non-goals: the page.
"""

from __future__ import annotations

from typing import Any

from nsc.deploy.exporter import ExportJob
from nsc.deploy.languages.function import Function, Output, function_of
from nsc.deploy.languages.names import Names
from nsc.surrogate import OneOf, Whole


def network_values(job: ExportJob) -> dict[str, Any]:
    """Return names, ranges, layers, and what is done with outputs."""
    function = function_of(job, Names(()))
    return {
        "function": job.program.name,
        "inputs": [
            {"name": i.name, "kind": i.kind, "lo": i.lo, "hi": i.hi}
            | {"whole": leaf.type.kind != "float"}
            for i, leaf in zip(
                function.inputs, job.program.signature.inputs, strict=True
            )
        ],
        "outputs": [
            {"name": o.name, "kind": o.kind, "rules": _rules(o)}
            for o in function.outputs
        ],
        "networks": _networks(function),
    }


def _networks(function: Function) -> list[dict[str, Any]]:
    return [
        {
            "activation": activation,
            "layers": [
                {"weight": weight.tolist(), "bias": bias.tolist()}
                for weight, bias in layers
            ],
        }
        for layers, activation in function.networks
    ]


def _rules(output: Output) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for rule in output.rules:
        if isinstance(rule, Whole):
            found.append({"whole": [float(rule.lo), float(rule.hi)]})
        elif isinstance(rule, OneOf):
            found.append(
                {
                    "values": [float(v) for v in rule.values],
                    "thresholds": [float(t) for t in rule.thresholds],
                }
            )
        else:
            found.append({"truth": True})
    return found
