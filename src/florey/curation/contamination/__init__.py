"""Contamination: training questions that are, or amount to, items of a benchmark."""
