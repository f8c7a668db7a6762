"""The papers' CompNet: BERT-Tiny over program text, and a linear head.

It emits a covering architecture. An honest baseline beside the structured compiler:
what it sees is text, what it learns from is mean squared error. Inference is numpy;
only training needs torch. Must not know the structured compiler's terms; a DAG it may
only list, as a control.
"""

from nsc.compnet.bert.compile import BertCompNet as BertCompNet
