"""Random but realistic numeric C functions, with true labels.

Must not know who learns from them.
"""
