"""Names that authors give, and ranges of inputs.

In: a source of chance. Out: names to choose from; a domain for each input.
"""

from __future__ import annotations

from collections.abc import Sequence

from nsc.exestack.synthetic.dice import Dice
from nsc.exestack.synthetic.expressions import Ranges
from nsc.exestack.synthetic.taste import TASTE

INPUT_NAMES: Sequence[str] = """
        x y z a b c d t u v w r s p q k m n e f g h x0 x1 x2 y0 y1 z0 z1 dx dy dz px py
        qx qy alpha beta gamma_ theta phi lambda mu sigma nu eps begin change duration
        value val factor freq rate temp scale offset low high angle len width height amp
        bias gain lat lon red green blue hue mass radius energy
    """.split()
LOCAL_NAMES: Sequence[str] = """
        res result ret tmp t1 t2 t3 sum acc total d1 d2 rr r2 xx yy zz aux out num den
        p1 p2 c1 c2 s1 fac term delta diff dist ratio norm prod base f1 f2 g1 u1 v1 h1
        w1 inv arg expo
    """.split()
FUNCTION_NAMES: Sequence[str] = """
        sobel fn calc eval compute dist lerp smooth pdf cdf interp noise ease func
        get_value weight kernel response curve blend shade convert luminance distance
        project rotate filter estimate score
    """.split()
VECTOR_NAMES: Sequence[str] = "vec pos dir pt va vb axis row".split()
_BOXES = (
    (0.0, 1.0),
    (0.0, 1.0),
    (0.0, 2.0),
    (-2.0, 2.0),
    (-3.0, 3.0),
    (0.0, 5.0),
    (0.0, 10.0),
    (-3.15, 3.15),
    (1.0, 4.0),
)


def draw_ranges(r: Dice, inputs: Sequence[str]) -> Ranges:
    """Draw a range for each input.

    Mostly (-1, 1) as in the paper, else (0, 1) for all, or a box of mixed ranges.
    """
    u = r.random()
    if u < TASTE.ranges_centred:
        return dict.fromkeys(inputs, (-1.0, 1.0))
    if u < TASTE.ranges_unit:
        return dict.fromkeys(inputs, (0.0, 1.0))
    return {name: _draw_range(r) for name in inputs}


def _draw_range(r: Dice) -> tuple[float, float]:
    if r.random() < TASTE.range_known:
        return r.choice(_BOXES)
    lo = round(r.uniform(-2, 2), 2)
    return lo, round(lo + 10 ** r.uniform(-1, 0.8), 2)
