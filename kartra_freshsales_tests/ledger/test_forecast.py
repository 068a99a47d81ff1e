"""How long requests take inside windows: what is foretold holds for all inputs."""

from hypothesis import given
from hypothesis import strategies as st

from kartra_freshsales.ledger.forecast import Window, seconds_for

WINDOWS = st.lists(
    st.builds(Window, st.integers(1, 20), st.floats(1, 3600)), min_size=1, max_size=2
)
AGES = st.lists(st.floats(0, 4000), max_size=30)


# G6
@given(st.integers(0, 200), st.integers(1, 20))
def test_of_an_empty_window_a_full_one_leaves_at_once(requests: int, limit: int) -> None:
    foretold = seconds_for(requests, 0.0, [Window(limit, 60.0)], [])
    assert foretold == max(0, requests - 1) // limit * 60.0


# G6
@given(st.integers(0, 100), st.floats(0, 5), WINDOWS, AGES)
def test_one_request_more_never_ends_earlier(
    requests: int, each: float, windows: list[Window], ages: list[float]
) -> None:
    sooner = seconds_for(requests, each, windows, ages)
    assert seconds_for(requests + 1, each, windows, ages) >= sooner + each * 0.999


# G6
@given(st.integers(0, 100), st.floats(0, 5), WINDOWS, AGES, st.floats(0, 600))
def test_no_limit_is_fastest_and_a_pause_comes_first(
    requests: int, each: float, windows: list[Window], ages: list[float], start: float
) -> None:
    least = seconds_for(requests, each, [], [], start=start)
    assert least == start + requests * each
    held_up = seconds_for(requests, each, windows, ages, start=start)
    assert held_up >= least * 0.999
