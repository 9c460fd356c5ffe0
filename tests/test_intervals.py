"""Shares of a population in strata: weighting, width, and agreement with Wilson where there is one stratum."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.intervals import Stratum, stratified, wilson

strata = st.builds(
    lambda n, part, size: Stratum(round(n * part), n, n + size),
    st.integers(1, 40),
    st.floats(0, 1),
    st.integers(0, 999),
)


@given(st.lists(strata, min_size=1, max_size=5))
def test_the_interval_holds_the_share_and_one_stratum_is_wilson(parts: list[Stratum]) -> None:
    share, lo, hi = stratified(parts)
    assert 0 <= lo <= share + 1e-12 and share - 1e-12 <= hi <= 1
    assert stratified(parts[:1])[1:] == pytest.approx(wilson(parts[0].successes, parts[0].n))


def test_a_large_stratum_counts_for_more_than_a_small_one() -> None:
    share, lo, hi = stratified([Stratum(10, 10, 900), Stratum(0, 10, 100)])
    assert share == pytest.approx(0.9)
    assert lo == pytest.approx(0.9 - 0.9 * (1 - wilson(10, 10)[0]))
    assert hi == pytest.approx(0.9 + 0.1 * wilson(0, 10)[1])
