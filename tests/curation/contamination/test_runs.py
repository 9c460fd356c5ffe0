"""The index of hashed runs held against sets of words."""

from hypothesis import given
from hypothesis import strategies as st

from florey.curation.contamination.runs import RunIndex
from florey.curation.text import words

WORDS = st.lists(st.sampled_from(["a", "b", "c", "Dé", "综", "10⁵", "-"]), max_size=9).map(" ".join)


def plain(text, width):
    said = words(text)
    return {tuple(said[at : at + width]) for at in range(max(1, len(said) - width + 1))}


@given(st.lists(WORDS, max_size=6), st.lists(WORDS, max_size=6), st.integers(1, 3), st.sampled_from([0.0, 0.5, 1.0]))
def test_texts_that_share_runs(items, asked, common, share):
    width = 2
    sets = [plain(item, width) for item in items]
    telling = [{run for run in each if sum(run in other for other in sets) <= common} for each in sets]
    index = RunIndex(items, width, common)
    assert index.sizes.tolist() == list(map(len, telling))
    expected = [
        [row, place, len(plain(text, width) & telling[place])]
        for row, text in enumerate(asked)
        for place in range(len(items))
        if len(plain(text, width) & telling[place]) >= max(1, share * len(telling[place]))
    ]
    assert index.sharing(asked, share).tolist() == expected


def test_texts_of_quite_another_length_are_left_out():
    index = RunIndex(["a b c d", "a b c d e f g h i j k l"], 3, 9)
    assert index.sharing(["a b c d e"], 0.0).tolist() == [[0, 0, 2], [0, 1, 3]]
    assert index.sharing(["a b c d e"], 0.0, 0.75).tolist() == [[0, 0, 2]]


def test_more_matches_than_there_is_room_for_at_first():
    index = RunIndex([f"a b {number}" for number in range(60)], 2, 99)
    found = index.sharing(["a b"] * 60, 0.0)
    assert len(found) == 3600 and found[:, 2].tolist() == [1] * 3600
