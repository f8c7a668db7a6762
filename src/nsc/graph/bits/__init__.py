"""Numbers seen as bits: their fields, compared, under operators, and numbers again."""
