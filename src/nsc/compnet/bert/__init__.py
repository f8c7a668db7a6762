"""The papers' CompNet: BERT-Tiny over program text, a linear head, a covering
architecture.

An honest baseline beside the structured compiler: what it sees is text, what it learns
from is mean squared error. Inference is numpy; only training needs torch. Must not know
DAGs.
"""

from nsc.compnet.bert.compile import BertCompNet as BertCompNet
