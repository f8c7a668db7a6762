"""ParrotBenchCPN and its extension: benchmark programs in C with train and test
examples. Must not know who learns.
"""
