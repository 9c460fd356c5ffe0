"""Stems rewritten by a language model, linked back to the graph and certified again."""
