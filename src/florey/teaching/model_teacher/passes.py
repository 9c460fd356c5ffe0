"""How hard a question is for a model: pass@k, estimated without bias from n samples (Chen et al. 2021, equation 1)."""

from __future__ import annotations

from math import comb


def pass_at(k: int, right: int, samples: int) -> float:
    """The probability that at least one of `k` of the samples, drawn without replacement, is right.

    >>> pass_at(1, 1, 4), pass_at(4, 1, 4), pass_at(2, 0, 4)
    (0.25, 1.0, 0.0)
    """
    if not 0 <= right <= samples or not 1 <= k <= samples:
        raise ValueError(f"expected 0 <= right <= samples and 1 <= k <= samples, got {right}, {k} of {samples}")
    return 1 - comb(samples - right, k) / comb(samples, k)
