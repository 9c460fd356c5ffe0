"""Difficulty in three tiers by up to three judges: features of the graph, a rubric, the student's own pass rate."""
