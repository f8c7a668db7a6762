"""nsc, a neural surrogate compiler: C text in, a verified small neural network out."""

__version__ = "0.1.0"
