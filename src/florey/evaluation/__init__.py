"""Scores with intervals: verdicts, cluster bootstrap, paired comparisons between checkpoints."""
