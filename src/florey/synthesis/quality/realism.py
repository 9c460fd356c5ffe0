"""What tells synthetic stems from real ones: a classifier, how well it does, and the features it goes by.

Words and pairs of words (TF-IDF) and a few measures of the surface, in a logistic regression that is scored on groups
it has not seen. An area under the curve of 0.5 means that it cannot tell them apart, 1.0 that it always can. Digits
count as one word and, where a linker is given, names of the graph's nodes too, so that the features are about the
sentences and not about which diseases they name. Both sides have equally many stems; in the second variant they are
equally long as well, so that length alone is not the answer.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse, stats

from florey.clustered import Mean, standard_error
from florey.errors import BadInput
from florey.files import digest
from florey.graph.linking.linker import Linker
from florey.intervals import wilson
from florey.records import Record
from florey.synthesis.quality.reading import Item

Floats = npt.NDArray[np.float64]
Side = Literal["synthetic", "real"]
NAME, NUMBER = "⟨name⟩", "⟨number⟩"
FEWEST = 20
MOST = 20_000  # stems of either side: more change the figures little and take minutes
_FOLDS = 5
_WORDS = 8_000
_CUES = 15
_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_TOKEN = re.compile(rf"⟨\w+⟩|[{_CJK}]|[^\W{_CJK}]+(?:['’-][^\W{_CJK}]+)*|[^\w\s]")
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s*")
_EXAMPLE = 240


class Cue(Record):
    """A feature that speaks for one side: the shares of stems that have it (a measure: its mean), and a sentence."""

    feature: str
    side: Side
    weight: float
    synthetic: float
    real: float
    example: str | None = None


class Realism(Record):
    """`auc` with its 95% interval by group; `kinds`: each kind of synthetic question against all real ones."""

    n: int  # stems of either side
    auc: Mean
    kinds: dict[str, Mean]
    cues: tuple[Cue, ...]  # the most telling of either side, first those of the synthetic one


@dataclass(frozen=True, slots=True)
class _Stem:
    item: Item
    text: str  # names and numbers masked
    tokens: tuple[str, ...]
    names: int  # named nodes of the graph


def realism(
    synthetic: Sequence[Item], real: Sequence[Item], linker: Linker | None = None, seed: int = 0
) -> dict[str, Realism]:
    """ "all" and "same_length" (left out where fewer than 20 pairs are). BadInput for fewer than 20 stems of a side.

    linker: its names are masked. Needs scikit-learn (the extra `analysis`).
    """
    with _scikit().threadpool_limits(1):  # the figures must not depend on how many there are
        return _realism(synthetic, real, linker, seed)


def _realism(synthetic: Sequence[Item], real: Sequence[Item], linker: Linker | None, seed: int) -> dict[str, Realism]:
    sides = [[_stem(item, linker) for item in _distinct(items, seed)] for items in (synthetic, real)]
    for name, stems in zip(("synthetic", "real"), sides, strict=True):
        if len(stems) < FEWEST:
            raise BadInput(f"expected at least {FEWEST} different {name} stems to compare, got {len(stems)}")
    n = min(map(len, sides))
    found = {"all": _compared(sides[0][:n], sides[1][:n], seed)}
    ours, theirs = _same_lengths(*sides)
    if len(ours) >= FEWEST:
        found["same_length"] = _compared(ours, theirs, seed)
    return found


def _distinct(items: Sequence[Item], seed: int) -> list[Item]:
    """Different stems in an order drawn by their content, at most 20,000."""
    by_stem = {item.stem: item for item in items}
    return sorted(by_stem.values(), key=lambda item: digest([seed, item.stem]))[:MOST]


def _stem(item: Item, linker: Linker | None) -> _Stem:
    mentions = linker.link(item.stem) if linker else []
    pieces, at = [], 0
    for mention in mentions:
        pieces += [item.stem[at : mention.start], NAME]
        at = mention.end
    text = _DIGITS.sub(NUMBER, "".join((*pieces, item.stem[at:])))
    return _Stem(item, text, _tokens(text), len(mentions))


def _same_lengths(ours: Sequence[_Stem], theirs: Sequence[_Stem]) -> tuple[list[_Stem], list[_Stem]]:
    """As many of either side in every class of length; a class is 15% wide."""
    classes: tuple[dict[int, list[_Stem]], dict[int, list[_Stem]]] = (defaultdict(list), defaultdict(list))
    for side, stems in zip(classes, (ours, theirs), strict=True):
        for stem in stems:
            side[int(math.log(max(len(stem.tokens), 1)) / math.log(1.15))].append(stem)
    shared = sorted(classes[0].keys() & classes[1].keys())
    counts = {length: min(len(side[length]) for side in classes) for length in shared}
    one, other = ([stem for length in shared for stem in side[length][: counts[length]]] for side in classes)
    return one, other


def _compared(ours: Sequence[_Stem], theirs: Sequence[_Stem], seed: int) -> Realism:
    stems = [*ours, *theirs]
    synthetic = np.array([1] * len(ours) + [0] * len(theirs))
    groups = [stem.item.group for stem in stems]
    scores = _out_of_fold(stems, synthetic, groups, seed)
    kinds = sorted({stem.item.kind for stem in ours if stem.item.kind})
    rest = len(ours)
    by_kind = {}
    for kind in kinds:
        rows = [i for i, stem in enumerate(ours) if stem.item.kind == kind]
        by_kind[kind] = auc(scores[rows], scores[rest:], [groups[i] for i in rows], groups[rest:])
    return Realism(
        n=len(ours),
        auc=auc(scores[:rest], scores[rest:], groups[:rest], groups[rest:]),
        kinds=by_kind,
        cues=tuple(_cues(stems, synthetic)),
    )


def auc(ours: Floats, theirs: Floats, our_groups: Sequence[str], their_groups: Sequence[str]) -> Mean:
    """Area under the ROC curve: the chance that one of `ours` scores above one of `theirs`, ties half.

    The interval adds the errors of the placement values of both sides (DeLong, Biometrics 1988;44:837), each clustered
    by group (Obuchowski, Biometrics 1997;53:567).

    >>> auc(np.array([2.0, 3.0]), np.array([1.0, 2.0]), "ab", "cd").value
    0.875
    """
    above = _placements(ours, theirs)
    errors, clusters = zip(
        standard_error(above, our_groups), standard_error(1 - _placements(theirs, ours), their_groups), strict=True
    )
    value, half = float(above.mean()), 1.96 * math.hypot(*errors)
    lo, hi = max(0.0, value - half), min(1.0, value + half)
    if half == 0:  # nothing varies: the smaller side says how far to trust that
        lo, hi = wilson(value * min(clusters), min(clusters))
    return Mean(value=value, lo=lo, hi=hi, n=len(above), clusters=sum(clusters))


def _placements(ours: Floats, theirs: Floats) -> Floats:
    """For each of `ours` the share of `theirs` below it, ties half."""
    both = stats.rankdata(np.concatenate([ours, theirs]))[: len(ours)]
    placed: Floats = (both - stats.rankdata(ours)) / len(theirs)
    return placed


def _out_of_fold(stems: Sequence[_Stem], synthetic: npt.NDArray[Any], groups: Sequence[str], seed: int) -> Floats:
    """The score of each stem by a classifier that saw none of its group."""
    learn = _scikit()
    folds = learn.StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=seed)
    scores = np.zeros(len(stems))
    for seen, unseen in folds.split(stems, synthetic, groups):
        features = _Features([stems[i] for i in seen])
        model = _fitted(features.of([stems[i] for i in seen]), synthetic[seen])
        scores[unseen] = np.round(model.decision_function(features.of([stems[i] for i in unseen])), 6)
    return scores


def _fitted(matrix: Any, synthetic: npt.NDArray[Any]) -> Any:
    return _scikit().LogisticRegression(C=3.0, max_iter=500).fit(matrix, synthetic)


class _Features:
    """Columns learnt from some stems: words and pairs of them, then the measures in units of their spread."""

    def __init__(self, stems: Sequence[_Stem]) -> None:
        self._words = _scikit().TfidfVectorizer(
            analyzer=_terms, min_df=2, max_features=_WORDS, sublinear_tf=True, binary=True
        )
        self._words.fit(stems)
        measured = _measured(stems)
        self._mean, self._spread = measured.mean(axis=0), np.maximum(measured.std(axis=0), 1e-9)
        self.names = (*self._words.get_feature_names_out().tolist(), *MEASURES)

    def of(self, stems: Sequence[_Stem]) -> Any:
        measured = np.clip((_measured(stems) - self._mean) / self._spread, -5, 5)
        return sparse.hstack([self._words.transform(stems), sparse.csr_array(measured)], format="csr")


def _terms(stem: _Stem) -> Iterator[str]:
    yield from stem.tokens
    yield from map(" ".join, pairwise(stem.tokens))


MEASURES: dict[str, Callable[[_Stem], float]] = {
    "words (log)": lambda stem: math.log(_count(stem)),
    "sentences (log)": lambda stem: math.log(len(_sentences(stem.text))),
    "words a sentence": lambda stem: _count(stem) / len(_sentences(stem.text)),
    "letters a word": lambda stem: sum(map(len, stem.tokens)) / _count(stem),
    "numbers per 100 words": lambda stem: 100 * stem.text.count(NUMBER) / _count(stem),
    "commas per 100 words": lambda stem: 100 * sum(map(stem.text.count, ",，、")) / _count(stem),
    "other marks per 100 words": lambda stem: 100 * sum(map(stem.text.count, ";:()；：（）")) / _count(stem),
    "different words per word": lambda stem: len(set(stem.tokens)) / _count(stem),
    "names of the graph per 100 words": lambda stem: 100 * stem.names / _count(stem),
    "ends with a question mark": lambda stem: float(stem.text.rstrip().endswith(("?", "？"))),
}


def _count(stem: _Stem) -> int:
    return max(len(stem.tokens), 1)


def _sentences(text: str) -> list[str]:
    return [part for part in _SENTENCE.split(text) if part.strip()] or [text]


def _measured(stems: Sequence[_Stem]) -> Floats:
    return np.array([[measure(stem) for measure in MEASURES.values()] for stem in stems])


def _cues(stems: Sequence[_Stem], synthetic: npt.NDArray[Any]) -> Iterator[Cue]:
    """The features that add most to the distance of the sides' mean scores, in a classifier of all stems."""
    features = _Features(stems)
    matrix = features.of(stems)
    weights = _fitted(matrix, synthetic).coef_[0]
    ours, theirs = (np.asarray(matrix[synthetic == side].mean(axis=0)).ravel() for side in (1, 0))
    pull = np.round(weights * (ours - theirs), 6)
    measured, counts = _measured(stems), Counter[tuple[str, int]]()
    for stem, side in zip(stems, synthetic.tolist(), strict=True):
        counts.update((term, side) for term in set(_terms(stem)))
    names: tuple[tuple[int, Side], ...] = ((1, "synthetic"), (0, "real"))
    for side, name in names:
        chosen = [
            i for i in np.argsort(-pull, kind="stable").tolist() if pull[i] > 0 and (weights[i] > 0) == bool(side)
        ]
        for i in chosen[:_CUES]:
            feature = features.names[i]
            if feature in MEASURES:
                column = measured[:, list(MEASURES).index(feature)]
                shares = [float(column[synthetic == each].mean()) for each in (1, 0)]
            else:
                shares = [counts[feature, each] / int((synthetic == each).sum()) for each in (1, 0)]
            yield Cue(
                feature=feature,
                side=name,
                weight=float(weights[i]),
                synthetic=shares[0],
                real=shares[1],
                example=_example(feature, [stem for stem, mine in zip(stems, synthetic, strict=True) if mine == side]),
            )


def _example(feature: str, stems: Sequence[_Stem]) -> str | None:
    """The first sentence with the feature, names masked; of a measure, the stem nearest to the mean of its side."""
    if feature in MEASURES:
        values = [MEASURES[feature](stem) for stem in stems]
        middle = sum(values) / len(values)
        return _short(stems[min(range(len(values)), key=lambda i: abs(values[i] - middle))].text)
    wanted = tuple(feature.split(" "))
    with_it = (stem for stem in stems if wanted in {tuple(term.split(" ")) for term in _terms(stem)})
    stem = next(with_it, None)
    if stem is None:
        return None
    whole = (text for text in _sentences(stem.text) if f" {feature} " in f" {' '.join(_tokens(text))} ")
    return _short(next(whole, stem.text))  # a pair may reach over the end of a sentence


def _tokens(text: str) -> tuple[str, ...]:
    return tuple(token.lower() for token in _TOKEN.findall(text))


def _short(text: str) -> str:
    said = " ".join(text.split())
    return said if len(said) <= _EXAMPLE else said[:_EXAMPLE] + "…"


def _scikit() -> Any:
    """What of scikit-learn is used here. BadInput where it is not installed."""
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]
        from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
        from sklearn.model_selection import StratifiedGroupKFold  # type: ignore[import-untyped]
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]
    except ImportError:
        raise BadInput("comparing stems needs scikit-learn: pip install 'florey[analysis]'") from None
    return SimpleNamespace(
        TfidfVectorizer=TfidfVectorizer,
        LogisticRegression=LogisticRegression,
        StratifiedGroupKFold=StratifiedGroupKFold,
        threadpool_limits=threadpool_limits,
    )
