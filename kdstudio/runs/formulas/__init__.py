"""Formulas as people read them: our notation, made TeX, typeset, broken into lines."""
