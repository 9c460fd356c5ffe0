"""What several samples of one item say: the mean over them, their majority, and whether any is right.

avg@k is the accuracy over all samples. pass@k is the unbiased estimate from n >= k samples (Chen et al. 2021,
"Evaluating large language models trained on code", equation 1).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import comb

from florey.evaluation.verdicts import Scored


def correct_share(samples: Sequence[Scored]) -> float:
    """Of one item's samples, those that are right."""
    return sum(sample.correct for sample in samples) / len(samples)


def majority(samples: Sequence[Scored]) -> float:
    """1 if the option that most samples chose is the right one, 0 if not; where several lead, one of them is drawn.

    That is 1 / number of leading options, if the right one leads too. Samples that chose none have no vote.
    """
    votes = Counter(sample.choice for sample in samples if sample.choice is not None)
    if not votes:
        return 0.0
    most = max(votes.values())
    leading = [choice for choice, count in votes.items() if count == most]
    return (samples[0].gold in leading) / len(leading)


def pass_at(samples: Sequence[Scored], k: int) -> float:
    """The chance that of k samples, drawn from these without replacement, one is right. 1 <= k <= number of samples.

    >>> round(pass_at_count(4, 1, 2), 3)
    0.5
    """
    return pass_at_count(len(samples), sum(sample.correct for sample in samples), k)


def pass_at_count(n: int, right: int, k: int) -> float:
    """The same of `n` samples of which `right` are right."""
    if not 1 <= k <= n:
        raise ValueError(f"expected 1 <= k <= n, got k = {k} and n = {n}")
    return 1.0 - comb(n - right, k) / comb(n, k)


def ks(samples: int) -> list[int]:
    """The k for which pass@k is told: powers of two up to the number of samples, and that number.

    >>> ks(6)
    [1, 2, 4, 6]
    """
    powers = [1 << power for power in range(samples.bit_length()) if 1 << power <= samples]
    return powers if powers[-1] == samples else [*powers, samples]
