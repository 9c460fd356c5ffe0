"""Stems: what may be told, the forms that tell it, and their grammar."""
