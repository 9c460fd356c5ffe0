import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from florey.curation.apportionment import Margins, apportioned, largest


def margins(member, shares=None, least=0, most=np.inf):
    member = np.array(member, dtype=bool)
    values = tuple(f"v{place}" for place in range(len(member)))
    given = None if shares is None else np.array(shares, dtype=float) / np.sum(shares)
    return Margins(values, member, given, np.zeros(len(member)) + least, np.zeros(len(member)) + most)


@st.composite
def selections(draw, axes):
    """(what is there, what somebody could take of it, the members of each axis)."""
    shape = tuple(draw(st.integers(2, 4)) for _ in range(axes))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    there = rng.integers(0, draw(st.sampled_from([3, 12, 90])), size=shape).ravel()
    places = np.flatnonzero(there)
    if not len(places):
        places, there = np.arange(1), np.ones_like(there)
    members = [np.indices(shape)[axis].ravel()[places] == np.arange(shape[axis])[:, None] for axis in range(axes)]
    there = there[places]
    could = rng.integers(0, there + 1)
    could[rng.integers(len(could))] = max(1, could.max())
    return there.astype(np.int64), np.minimum(could, there), members


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3).flatmap(selections))
def test_what_can_be_met_is_met_exactly(problem):
    there, could, members = problem
    axes = [margins(member, member @ could) for member in members]
    found = apportioned(there, axes, int(could.sum()))
    assert (found >= 0).all() and (found <= there).all()
    for member in members:
        assert (member @ found == member @ could).all()
    assert largest(there, axes) >= could.sum()


@settings(max_examples=60, deadline=None)
@given(selections(2), st.data())
def test_shares_that_are_no_whole_numbers_are_met_within_one(problem, data):
    there, could, members = problem
    size = data.draw(st.integers(1, int(could.sum())))
    axes = [margins(member, member @ could) for member in members]
    found = apportioned(there, axes, size)
    assert found.sum() == size and (found <= there).all()
    for axis in axes:
        assert (np.abs(axis.member @ found - axis.shares * size) < 1).all()


@settings(max_examples=60, deadline=None)
@given(selections(2), st.data())
def test_nothing_is_exceeded_whatever_is_asked(problem, data):
    there, _, members = problem
    size = data.draw(st.integers(1, 2 * int(there.sum())))
    axes = []
    for member in members:
        shares = data.draw(st.none() | st.lists(st.integers(0, 9), min_size=len(member), max_size=len(member)))
        most = data.draw(st.lists(st.integers(0, 30) | st.just(np.inf), min_size=len(member), max_size=len(member)))
        axes.append(margins(member, shares if shares and sum(shares) else None, 0, most))
    found = apportioned(there, axes, size)
    assert (found >= 0).all() and (found <= there).all() and found.sum() <= size
    for axis in axes:
        assert (axis.member @ found <= axis.most).all()
        goals = axis.goals(size)
        if goals is not None:
            assert (axis.member @ found <= np.ceil(goals)).all()


def test_many_small_cells_do_not_let_a_margin_drift():
    there = np.full(120, 3)
    rows, columns = np.divmod(np.arange(120), 60)
    by_row = margins(rows == np.arange(2)[:, None], [1, 2])
    by_column = margins(columns == np.arange(60)[:, None], np.ones(60))
    found = apportioned(there, [by_row, by_column], 90)
    assert (by_row.member @ found).tolist() == [30, 60]
    assert set((by_column.member @ found).tolist()) == {1, 2}


def test_cells_stay_in_proportion_where_nothing_asks_otherwise():
    there = np.array([100, 300, 200, 600])
    found = apportioned(there, [margins([[1, 1, 0, 0], [0, 0, 1, 1]], [1, 1])], 200)
    assert found.tolist() == [25, 75, 25, 75]


def test_what_is_left_by_rounding_down_goes_to_the_largest_remainder_of_margins_first_then_of_cells():
    assert apportioned(np.array([70, 30]), [], 4).tolist() == [3, 1]  # 2.8 and 1.2
    by_value = margins([[1, 1, 1, 0], [0, 0, 0, 1]], [66, 34])  # 6.6 in three cells of 2.2, and 3.4
    assert (by_value.member @ apportioned(np.full(4, 50), [by_value], 10)).tolist() == [7, 3]


def test_the_largest_size_that_meets_all_shares():
    there = np.array([10, 5, 5, 10])
    rows, columns = [[1, 1, 0, 0], [0, 0, 1, 1]], [[1, 0, 1, 0], [0, 1, 0, 1]]
    assert largest(there, [margins(rows, [1, 1]), margins(columns, [1, 1])]) == 30
    assert largest(there, [margins(rows, [3, 1]), margins(columns, [1, 1])]) == 20
    assert largest(there, [margins(rows, [1, 1]), margins(columns, most=4)]) == 8
    assert largest(there, [margins(rows, [1, 0]), margins(columns, [0, 1])]) == 5
    assert largest(np.array([10, 10]), [margins([[1, 0], [0, 1]], [1, 0]), margins([[1, 0], [0, 1]], [0, 1])]) == 0
