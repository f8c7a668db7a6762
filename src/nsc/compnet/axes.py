"""Arrays by their axes, as annotations that are checked while tests run.

Axes: `p` programs, `n` examples (or anchors), `i` inputs, `o` outputs, `w` flat
parameters, `d` width of an embedding, `t` word pieces. In / Out: types.
"""

import numpy as np
from jaxtyping import Float64, Integer

Parameters = Float64[np.ndarray, "w"]
ManyParameters = Float64[np.ndarray, "p w"]
FittedParameters = Float64[np.ndarray, "k w"]
Values = Float64[np.ndarray, "n"]
Inputs = Float64[np.ndarray, "n i"]
Outputs = Float64[np.ndarray, "n o"]
Embedding = Float64[np.ndarray, "d"]
Embeddings = Float64[np.ndarray, "p d"]
Tokens = Integer[np.ndarray, "t"]
