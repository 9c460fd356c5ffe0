"""How often each possible answer is to be asked about: rarer ones more often, and every stratum with a quota.

Degree also measures how little a graph knows, so prevalence decides who is rare wherever it is known.
Pure functions over arrays with one entry a member (a possible answer); nothing here knows what a question is.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from florey.errors import BadInput, nearest
from florey.graph.model import IS_A
from florey.graph.store import Graph

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.integer[Any]]
Strata = Literal["specialty", "vocabulary", "type", "none"]
NO_STRATUM = -1
RAREST = 0.25  # the share of the members that counts as rare
_SUM_TOLERANCE = 1e-6


def weights(degrees: Integers, alpha: float, prevalence: Floats | None = None) -> Floats:
    """degree^-alpha, float64[n]; a degree below 1 counts as 1. `prevalence`: shares of people, NaN where unknown.

    The members of known prevalence share out their own weights anew, the largest to the least prevalent: prevalence
    decides who is rare, the degrees only how much that weighs. Members as prevalent as each other weigh the same.

    >>> weights(np.array([1, 4, 16]), 0.5).tolist()
    [1.0, 0.5, 0.25]
    >>> weights(np.array([1, 4, 16]), 0.5, np.array([0.3, np.nan, 0.2])).tolist()
    [0.25, 0.5, 1.0]
    """
    made = np.maximum(degrees, 1).astype(np.float64) ** -alpha
    if prevalence is None:
        return made
    known = np.flatnonzero(~np.isnan(prevalence))
    ordered = known[np.argsort(prevalence[known], kind="stable")]
    by_rank = np.sort(np.maximum(degrees[known], 1)).astype(np.float64) ** -alpha
    _, group, sizes = np.unique(prevalence[ordered], return_inverse=True, return_counts=True)
    made[ordered] = (np.bincount(group, by_rank, minlength=len(sizes)) / sizes)[group]
    return made


def covered(weights: Floats, strata: Integers, share: float) -> Floats:
    """Probabilities, float64[n], that leave no stratum out.

    `share` of all draws is dealt evenly to the strata and within each by weight; the rest goes by weight alone.
    Members of stratum -1 have only the rest. ValueError if `share` is not in 0..1 or no weight is above 0.

    >>> covered(np.array([6.0, 3.0, 1.0]), np.array([0, 0, 1]), 0.5).round(4).tolist()
    [0.4667, 0.2333, 0.3]
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share {share}, expected 0 to 1")
    if not weights.sum() > 0:
        raise ValueError("no member has a weight above 0")
    inside = strata != NO_STRATUM
    totals = np.bincount(strata[inside], weights[inside])
    if not (quotas := int(np.count_nonzero(totals))):
        return np.asarray(weights / weights.sum())
    made = (1 - share) * weights / weights.sum()
    quota = np.divide(share / quotas, totals, out=np.zeros_like(totals), where=totals > 0)
    made[inside] += quota[strata[inside]] * weights[inside]
    return np.asarray(made / made.sum())


def systematic(probabilities: Floats, count: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Members drawn, int64[count] in random order, each floor(count x p) or ceil(count x p) times.

    Systematic sampling over a random order (Madow 1949): exact in expectation, with the least variance that whole
    numbers allow. ValueError if the probabilities are negative or do not sum to 1.
    """
    if not (probabilities >= 0).all() or abs(probabilities.sum() - 1) > _SUM_TOLERANCE:
        raise ValueError("expected probabilities that sum to 1")
    expected = probabilities * count
    whole = np.floor(expected).astype(np.int64)
    drawn = np.repeat(np.arange(len(probabilities)), whole)
    if left := count - len(drawn):  # what the fractions decide: 0 or 1 more of each
        order = rng.permutation(len(probabilities))
        ends = np.cumsum((expected - whole)[order])
        points = (np.arange(left) + rng.random()) * (ends[-1] / left)
        drawn = np.append(drawn, order[np.searchsorted(ends, np.minimum(points, np.nextafter(ends[-1], 0)), "right")])
    return rng.permuted(drawn)


def describe(probabilities: Floats, degrees: Integers, count: int) -> dict[str, float]:
    """What `count` systematic draws by these probabilities come to.

    rarest_quartile_share  expected share of the draws that fall on the quarter of the members with the lowest degree;
                           of equal members at its border each counts in part, so that uniform draws give 0.25
    distinct               expected number of different members among the draws
    effective_sample_size  Kish's: so many equally likely members would be as varied
    """
    lowest, sizes = np.unique(degrees, return_counts=True)
    below = np.cumsum(sizes) - sizes
    inside = np.clip((RAREST * len(degrees) - below) / sizes, 0, 1)[np.searchsorted(lowest, degrees)]
    return {
        "rarest_quartile_share": float(probabilities @ inside),
        "distinct": float(np.minimum(probabilities * count, 1).sum()),
        "effective_sample_size": float(1 / (probabilities @ probabilities)),
    }


def beside(degrees: Integers, probabilities: Floats, count: int) -> dict[str, dict[str, float]]:
    """`describe` for the chosen probabilities and, beside them, for draws uniform and in proportion to degree."""
    by_degree = weights(degrees, -1)
    return {
        "chosen": describe(probabilities, degrees, count),
        "uniform": describe(np.full(len(degrees), 1 / len(degrees)), degrees, count),
        "degree_proportional": describe(by_degree / by_degree.sum(), degrees, count),
    }


def strata(graph: Graph, members: Integers, by: str) -> npt.NDArray[np.int64]:
    """The stratum of each member, int64[n], numbered from 0 in the order of names or node indices; -1 without one.

    `by`: "vocabulary" or "type" of the node; "specialty": the first specialty of the node or else of its nearest
    is_a ancestors that have one; "none". BadInput for anything else.
    """
    if by not in get_args(Strata):
        raise BadInput(f"strata by '{by}'{nearest(by, get_args(Strata))}; expected {', '.join(get_args(Strata))}")
    if by == "none":
        return np.full(len(members), NO_STRATUM, np.int64)
    if by == "specialty":
        found = _specialties(graph)[members]
    else:
        names = graph.types if by == "type" else graph.vocabularies
        found = np.unique(np.array(names), return_inverse=True)[1][members]
    made = np.full(len(members), NO_STRATUM, np.int64)
    has = found != NO_STRATUM
    made[has] = np.unique(found[has], return_inverse=True)[1]
    return made


def _specialties(graph: Graph) -> npt.NDArray[np.int64]:
    """Node index of the specialty of each node, int64[nodes], -1 without one; ties go to the lowest index."""
    nowhere = len(graph)
    found = np.full(nowhere, nowhere, np.int64)
    table = graph.table("in_specialty", "objects")
    has = np.flatnonzero(table.lengths())
    found[has] = table.indices[table.indptr[has]]  # rows are sorted
    parents = graph.table(IS_A, "objects")
    children = np.repeat(np.arange(nowhere), parents.lengths())
    while True:  # one level of is_a a turn, so that the nearest ancestors come first; every turn but the last names one
        from_parents = np.full(nowhere, nowhere, np.int64)
        np.minimum.at(from_parents, children, found[parents.indices])
        new = (found == nowhere) & (from_parents < nowhere)
        if not new.any():
            return np.where(found == nowhere, NO_STRATUM, found)
        found[new] = from_parents[new]
