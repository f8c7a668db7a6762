"""All layers of exported C on a block of rows, and their derivatives.

In: NetworkWriter. Out: C functions, and a call of one. Layers are made twice: where no
input is far outside the domain, no sum of the first layer needs a limit, which costs
more than a division. Non-goals: what blocks are made of (c_batch).
"""

from __future__ import annotations

from nsc.deploy.c_blocks import blocks, function_text
from nsc.deploy.c_gradient import ROWS, backward
from nsc.deploy.c_layers import layers
from nsc.deploy.c_network import NetworkWriter
from nsc.deploy.c_sigmoid import far_text


def _cell(array: str, index: str) -> str:
    return f"{array}[{index}][r]"


class BlockWriter:
    """Writes the layers of one surrogate, whose lanes are rows."""

    def __init__(self, network: NetworkWriter):
        self.network = network
        self.own = network.own
        self.nearness = network.nearness()

    def text(self) -> list[str]:
        """Write all layers, and the test that chooses between their two forms."""
        return [*self._far(), self._network()]

    def _hidden(self) -> list[str]:
        """Declare the arrays of hidden layers."""
        arrays = self.network.arrays()
        return [blocks(self.network.real, arrays)] if arrays else []

    def _network(self) -> str:
        """Write all layers on a block."""
        network = self.network
        far = "nsc_far" if self.nearness else ""
        body = self._hidden()
        body += layers(network, _cell, ROWS, far=far)
        real = network.real
        told = f", int {far}" if far else ""
        return function_text(
            f"/* All layers, on a block: [input][row] to [output][row]. */\n"
            f"NSC_INLINE void {self.own('nsc_block')}({real} (*nsc_x)[NSC_LANES],"
            f" {real} (*nsc_y)[NSC_LANES]{told})",
            body,
        )

    def _far(self) -> list[str]:
        """Write the test whether a block's inputs are far outside the domain."""
        if not self.nearness:
            return []
        network = self.network
        n = len(network.surrogate.lo)
        name = self.own("nsc_is_far")
        return [far_text(network.real, n, self.nearness, network.number, name)]

    def call(self) -> str:
        """Call all layers on a block."""
        block = self.own("nsc_block")
        if not self.nearness:
            return f"{block}(nsc_x, nsc_y);"
        is_far = self.own("nsc_is_far")
        return (
            f"if ({is_far}(nsc_x)) {block}(nsc_x, nsc_y, 1);\n"
            f"  else {block}(nsc_x, nsc_y, 0);"
        )

    def slopes(self) -> str:
        """Write derivatives on a block, by all inputs."""
        network = self.network
        real = network.real
        body = [
            *self._hidden(),
            *backward(network, _cell),
        ]
        return function_text(
            "/* Derivatives, on a block: [input][row] to [output * inputs + input][row]."
            f" */\nNSC_INLINE void {self.own('nsc_slopes')}({real} (*nsc_x)[NSC_LANES],"
            f" {real} (*nsc_g)[NSC_LANES])",
            body,
        )
