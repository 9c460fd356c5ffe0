"""Numbers as text, pooling of the training curve, and sentences about comparisons."""

import pytest

from florey.evaluation.staircase import Comparison
from florey.intervals import wilson
from florey.reporting import figures, numbers, views
from florey.reporting.data import CurvePoint


def test_numbers():
    assert numbers.percent(0.61234) == "61.2"
    assert numbers.points(-0.004) == "\u22120.4"
    assert numbers.points(0.02) == "+2.0"
    assert numbers.points(-0.0001) == numbers.points(0.0001) == "0.0"
    assert numbers.p_value(0.0004).endswith("0.001")
    assert numbers.p_value(0.0123) == "0.012"
    assert numbers.share_interval(42, 60) == "70.0% [57.5, 80.1]"
    assert numbers.plain(20.0) == "20"
    assert numbers.plain(-0.00042) == "\u22120.00042"
    assert numbers.phase_label("stage2-round1") == "stage 2, round 1"


def compared(lo, hi):
    return Comparison(
        before="stage1", after="stage2", n=600, clusters=300, difference=(lo + hi) / 2, lo=lo, hi=hi,
        interval="cluster_bootstrap", gained=9, lost=5, p=0.4, p_holm=0.4,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("lo", "hi", "says"),
    [(0.01, 0.05, "a gain"), (-0.05, -0.01, "a loss"), (-0.01, 0.03, "no difference"), (0, 0.1, "no")],
)
def test_sentences_are_as_cautious_as_the_interval(lo, hi, says):
    sentence = views.comparison_sentence(compared(lo, hi))
    assert sentence.startswith("RL stage 1 \u2192 RL stage 2: ")
    assert says in sentence


def test_references_are_linked_only_where_known():
    assert views.reference("OMIM:229300").url == "https://www.omim.org/entry/229300"
    for odd in ("PMID:1/../../x", "PMID:", "ISBN:123", "javascript:1", "PMID:1\n", ""):
        assert views.reference(odd).url is None


def point(step, accuracy, n=10, phase="stage1", tier="easy", prompts=None):
    return CurvePoint(phase=phase, step=step, tier=tier, accuracy=accuracy, n=n, prompts=prompts)


def test_pooling_weighs_by_rollouts_and_keeps_phases_apart():
    points = (
        *(point(s, 1.0 if s % 2 else 0.0, n=30 if s % 2 else 10) for s in range(1, 17)),
        point(17, 0.5, phase="b"),
    )
    found = figures.pooled(points, bins=8)
    assert [(p.phase, p.first, p.last, p.n) for p in found] == [
        *(("stage1", s, s + 1, 40) for s in range(1, 17, 2)),
        ("b", 17, 17, 10),
    ]
    assert found[0].accuracy == pytest.approx(0.75)
    assert (found[0].lo, found[0].hi) == pytest.approx(wilson(30, 40))
    assert sum(p.n for p in found) == sum(p.n for p in points)


def test_pooling_uses_prompts_as_sample_size_where_known():
    few, many = (figures.pooled((point(1, 0.5, n=40, prompts=prompts),))[0] for prompts in (5, None))
    assert few.hi - few.lo > 1.5 * (many.hi - many.lo)


def test_pooling_survives_empty_and_lopsided_input():
    assert figures.pooled(()) == []
    assert figures.pooled((point(1, 0.0, n=0),)) == []
    assert len(figures.pooled((point(1, 0.1), point(100, 0.9)))) == 2
