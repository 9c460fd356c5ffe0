"""Arithmetic that a trace states, recomputed: equations, conversions of units, and clinical formulas by their names."""
