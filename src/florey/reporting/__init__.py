"""The report of a run: one self-contained page and one summary, both from one typed record."""
