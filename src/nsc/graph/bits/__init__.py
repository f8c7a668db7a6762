"""Numbers seen as bits: formats, fields, comparisons, integer operators, and back to
numbers.
"""
