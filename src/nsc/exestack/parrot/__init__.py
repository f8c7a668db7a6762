"""ParrotBenchCPN and its extension: programs in C with train and test examples.

Must not know who learns.
"""
