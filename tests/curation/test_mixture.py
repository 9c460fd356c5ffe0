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
    assert Counter(q.source for q in mixed.step.kept) == {"medqa": 30, "hpo": 5}
    assert [(p.value, p.asked, p.asked_share) for p in mixed.table] == [("hpo", None, None), ("other", None, None)]


def test_limits_come_before_shares_and_the_others_give_or_take():
    shares = {"source": {"medqa": 1, "hpo": 1, "cmexam": 2}}
    items = pool(medqa=50, hpo=50, cmexam=50)
    most = mix(items, MixtureConfig(size=40, shares=shares, most={"source": {"cmexam": 10}}))
    assert got(most, "source") == {"cmexam": 10, "hpo": 15, "medqa": 15}
    least = mix(items, MixtureConfig(size=40, shares=shares, least={"source": {"medqa": 25}}))
    assert got(least, "source") == {"cmexam": 10, "hpo": 5, "medqa": 25}
    assert not any(part.note for part in [*most.table, *least.table])


def test_at_least_so_many_without_shares_moves_the_rest():
    items = [asked(i, tier="difficult" if i < 10 else "easy") for i in range(100)]
    assert got(mix(items, MixtureConfig(size=20, least={"tier": {"difficult": 8}})), "tier") == {
        "difficult": 8,
        "other": 12,
    }


def test_a_source_is_named_by_how_it_begins_or_as_synthetic():
    items = [
        *pool(mmlu_pro_health=10, mmlu_pro_biology=10, mmlu_prose=10, medqa=10),
        *(asked(f"made{i}", source, metapath="m") for source in ("hpo+orpha", "hpo", "orpha") for i in range(10)),
    ]

    def sources(**shares):
        mixed = mix(items, MixtureConfig(shares={"source": shares}))
        return Counter(q.source for q in mixed.step.kept)

    assert sources(mmlu_pro=1) == {"mmlu_pro_health": 10, "mmlu_pro_biology": 10}
    assert sources(mmlu_pro=1, mmlu_pro_health=1)["mmlu_pro_biology"] == 10  # the longest name counts
    assert sources(synthetic=1) == {"hpo+orpha": 10, "hpo": 10, "orpha": 10}
    assert sources(synthetic=1, hpo=2) == {"hpo+orpha": 10, "hpo": 10, "orpha": 10}  # hpo for its family of two
    assert sources(synthetic=1, medqa=1)["medqa"] == 10
    with pytest.raises(BadInput, match=r"source 'mmlu' \(did you mean|source 'mmlu_pr'"):
        sources(mmlu_pr=1)


def test_a_shortage_is_explained():
    items = [asked(i, tier="difficult" if i < 12 else "easy") for i in range(100)]
    shares = {"tier": {"difficult": 1, "easy": 1}}
    mixed = mix(items, MixtureConfig(size=60, shares=shares))
    assert [(p.value, p.asked, p.got, p.got_share, p.note) for p in mixed.table] == [
        ("difficult", 30, 12, round(12 / 42, 6), "asked 30 of tier difficult, there are 12"),
        ("easy", 30, 30, round(30 / 42, 6), ""),
    ]
    assert mixed.step.noticed == {"short_of_size": 18}
    none = mix(items[12:], MixtureConfig(size=60, shares=shares))
    assert none.table[0].note == "asked 30 of tier difficult, there are 0"
    with pytest.raises(BadInput, match="no number of questions has the shares of tier"):
        mix(items[12:], MixtureConfig(shares=shares))


def test_axes_that_leave_no_room_for_each_other_are_explained():
    items = [asked(f"m{i}", "medqa", "easy") for i in range(40)] + [
        asked(f"h{i}", "hpo", "difficult") for i in range(40)
    ]
    config = MixtureConfig(size=40, shares={"source": {"medqa": 3, "hpo": 1}, "tier": {"easy": 1, "difficult": 3}})
    mixed = mix(items, config)
    assert (got(mixed, "source"), got(mixed, "tier")) == ({"hpo": 10, "medqa": 10}, {"difficult": 10, "easy": 10})
    note = "asked 30 of source medqa, got 10 of 40: other shares and limits leave no room for more"
    assert note in [part.note for part in mixed.table]


def test_a_larger_mixture_contains_the_smaller():
    items = pool(medqa=200, hpo=200)
    shares = {"source": {"medqa": 1, "hpo": 1}}
    small, large = ({q.id for q in mix(items, MixtureConfig(size=n, shares=shares)).step.kept} for n in (60, 200))
    assert small < large
    assert small != {q.id for q in mix(items, MixtureConfig(size=60, shares=shares, seed=1)).step.kept}


def test_a_held_out_question_that_is_also_trained_on_is_kept_where_it_is_held_out():
    items = [asked(i, split=split) for split in ("train", "test") for i in range(10)]
    mixed = mix([*items, *items[:10]], MixtureConfig(size=4))
    assert [q for q in mixed.step.kept if q.split == "test"] == items[10:]
    assert len([q for q in mixed.step.kept if q.split == "train"]) == 4 and len(mixed.step.dropped) == 16


def test_nothing_to_train_on():
    held = [asked(1, split="test")]
    assert mix(held, MixtureConfig(shares={"source": {"x": 1}})).step.kept == held


def test_what_is_held_out_is_left_alone():
    held = [asked("d", split="dev"), asked("t", split="test", source="other_source")]
    mixed = mix([*held, *pool(medqa=10)], MixtureConfig(size=4, shares={"source": {"medqa": 1}}))
    assert [q for q in mixed.step.kept if q.split] == held and len(mixed.step.kept) == 6


def test_a_value_that_no_question_has():
    with pytest.raises(BadInput, match=r"no training question has source 'medqaa' \(did you mean 'medqa'\?\)"):
        mix(pool(medqa=3), MixtureConfig(shares={"source": {"medqaa": 1}}))


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"shares": {"source": {"medqa": 0}}}, "at least one part above 0"),
        ({"shares": {"source": {}}}, "at least one part above 0"),
        ({"shares": {"source": {"medqa": -1}}}, "greater than or equal to 0"),
        ({"shares": {"source": {"medqa": float("inf")}}}, "finite number"),
        ({"shares": {"origin": {"medqa": 1}}}, "'source', 'tier', 'specialty' or 'language'"),
        ({"least": {"tier": {"easy": 5}}, "most": {"tier": {"easy": 4}}}, r"least.tier.easy \(5\) must not exceed"),
        ({"size": 10, "least": {"tier": {"easy": 6, "other": 5}}}, r"least.tier: 11 in all, more than size \(10\)"),
    ],
)
def test_configs_that_cannot_be(config, words):
    with pytest.raises(ValidationError, match=words):
        MixtureConfig(**config)


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
    if all(shares[n] / whole * size <= min(counts[n], most.get(n, 99)) for n in counts):
        assert all(abs(kept[n] - shares[n] / whole * size) < 1 for n in counts) and kept.total() == size
