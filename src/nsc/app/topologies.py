"""The topology of a compilation's networks: the user's, the papers', or one to choose from.

In: Program, options. Out: `Topology`. Non-goals: choosing by error and time
(compilation.sizes).
"""

from __future__ import annotations

from nsc.app.options import CompileOptions
from nsc.errors import InputError
from nsc.program import Program
from nsc.surrogate import COVERING, Topology

# hidden layers that a size is chosen from; text alone gets the first
FIRST_SIZE = (8, 8)
OTHER_SIZES = ((8,), (16,))
LARGER_SIZE = (16, 16)  # where these do not hold what few runs tell


def topology_of(program: Program, options: CompileOptions) -> Topology:
    """Choose the topology of each network."""
    outputs = 1 if options.split else program.n_outputs
    if options.chooses_size:
        return topology_with(FIRST_SIZE, program, options)
    if options.topology == "covering":
        return topology_with(COVERING.hidden, program, options)
    assert options.topology is not None, "None chooses the size"
    topology = Topology.parse(options.topology, options.activation)
    if topology.n_inputs < program.n_inputs or topology.n_outputs != outputs:
        raise InputError(
            f"topology must fit {program.name}, which needs {program.n_inputs} or more"
            f" inputs and {outputs} output{'s' * (outputs > 1)}; found {topology}"
        )
    return topology


def topology_with(
    hidden: tuple[int, ...], program: Program, options: CompileOptions
) -> Topology:
    """Return a topology that fits a program, with the inputs of the covering one."""
    inputs = max(COVERING.n_inputs, program.n_inputs)
    outputs = 1 if options.split else program.n_outputs
    return Topology((inputs, *hidden, outputs), options.activation)
