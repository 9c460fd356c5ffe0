import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from florey.curation.mixture import MixtureConfig, mix
from florey.errors import BadInput
from florey.records import Question


def asked(number, source="medqa", tier="easy", language="en", **more):
    return Question(
        stem=f"Question {number}?", options=("a", "b"), gold=0, source=source, tier=tier, language=language, **more
    ).identified()


def pool(**counts):
    """`pool(medqa=30, hpo=50)`: so many questions of each source, tiers in turn."""
    return [
        asked(f"{source}{i}", source, ("easy", "moderate", "difficult")[i % 3])
        for source, count in counts.items()
        for i in range(count)
    ]


def got(mixed, axis):
    return {part.value: part.got for part in mixed.table if part.axis == axis}


def test_shares_of_one_axis():
    mixed = mix(pool(medqa=30, hpo=50), MixtureConfig(size=40, shares={"source": {"medqa": 1, "hpo": 3}}))
    assert Counter(q.source for q in mixed.step.kept) == {"hpo": 30, "medqa": 10}
    assert len(mixed.step.kept) + len(mixed.step.dropped) == 80
    assert {reason for _, reason in mixed.step.dropped} == {"not_in_mixture"}
    assert [(p.value, p.asked, p.there, p.got) for p in mixed.table] == [("hpo", 30, 50, 30), ("medqa", 10, 30, 10)]


def test_without_a_size_it_is_the_largest_that_meets_the_shares():
    mixed = mix(pool(medqa=30, hpo=50), MixtureConfig(shares={"source": {"medqa": 1, "hpo": 1}}))
    assert got(mixed, "source") == {"hpo": 30, "medqa": 30}


def test_what_is_not_there_is_said_and_not_invented():
    mixed = mix(pool(medqa=6, hpo=50), MixtureConfig(size=40, shares={"source": {"medqa": 1, "hpo": 1}}))
    assert [(p.value, p.asked, p.there, p.got) for p in mixed.table] == [("hpo", 20, 50, 20), ("medqa", 20, 6, 6)]


def test_two_axes_at_once():
    mixed = mix(
        pool(medqa=300, hpo=300),
        MixtureConfig(
            size=120, shares={"source": {"medqa": 1, "hpo": 2}, "tier": {"easy": 1, "moderate": 1, "difficult": 2}}
        ),
    )
    assert got(mixed, "source") == {"hpo": 80, "medqa": 40}
    assert got(mixed, "tier") == {"difficult": 60, "easy": 30, "moderate": 30}


def test_what_is_not_named_has_no_share_unless_other_has():
    items = pool(medqa=30, hpo=30, cmexam=30)
    assert got(mix(items, MixtureConfig(size=30, shares={"source": {"medqa": 1}})), "source") == {
        "medqa": 30,
        "other": 0,
    }
    both = mix(items, MixtureConfig(size=30, shares={"source": {"medqa": 1, "other": 2}}))
    assert got(both, "source") == {"medqa": 10, "other": 20}


def test_at_most_so_many():
    mixed = mix(pool(medqa=30, hpo=50), MixtureConfig(most={"source": {"hpo": 5}}))
    assert Counter(q.source for q in mixed.step.kept)["hpo"] <= 5


def test_what_is_held_out_is_left_alone():
    held = [asked("d", split="dev"), asked("t", split="test", source="other_source")]
    mixed = mix([*held, *pool(medqa=10)], MixtureConfig(size=4, shares={"source": {"medqa": 1}}))
    assert [q for q in mixed.step.kept if q.split] == held and len(mixed.step.kept) == 6


def test_a_value_that_no_question_has():
    with pytest.raises(BadInput, match=r"no training question has source 'medqaa' \(did you mean 'medqa'\?\)"):
        mix(pool(medqa=3), MixtureConfig(shares={"source": {"medqaa": 1}}))
    with pytest.raises(ValidationError, match="at least one above 0"):
        MixtureConfig(shares={"source": {"medqa": 0}})


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["medqa", "hpo", "cmexam"]), st.integers(1, 40), min_size=1),
    st.data(),
    st.integers(0, 3),
)
def test_no_question_twice_none_beyond_a_limit_whatever_the_order(counts, data, seed):
    items = pool(**counts)
    size = data.draw(st.integers(1, len(items) + 5))
    shares = {name: data.draw(st.floats(0.1, 5)) for name in counts}
    most = {name: data.draw(st.integers(0, 40)) for name in data.draw(st.sets(st.sampled_from(sorted(counts))))}
    config = MixtureConfig(size=size, shares={"source": shares}, most={"source": most} if most else {}, seed=seed)
    mixed = mix(items, config)
    kept = Counter(q.source for q in mixed.step.kept)
    assert len({q.id for q in mixed.step.kept}) == len(mixed.step.kept) <= size
    assert all(kept[name] <= limit for name, limit in most.items())
    again = list(items)
    random.Random(seed).shuffle(again)
    assert {q.id for q in mix(again, config).step.kept} == {q.id for q in mixed.step.kept}
    whole = sum(shares.values())
    feasible = all(shares[n] / whole * min(size, len(items)) <= min(counts[n], most.get(n, 99)) for n in counts)
    if feasible:
        assert all(abs(kept[n] - shares[n] / whole * min(size, len(items))) < 1.01 for n in counts)
