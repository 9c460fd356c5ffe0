"""Difficulty in three tiers by up to three judges: features of the graph, a rubric, the student's own pass rate.

features    what the graph knows of a question: conditions, options, hops
rubric      a language model with the paper's definitions
student     how often the model that is to be trained answers right, above chance
judgement   what a judge says, how several become one tier, and how many questions each could not judge
agreement   how far two judges agree
"""

from florey.curation.difficulty.features import DifficultyConfig, score, tier, tiered

__all__ = ["DifficultyConfig", "score", "tier", "tiered"]
