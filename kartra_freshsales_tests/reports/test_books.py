"""Closing the books: which comparison of a record counts when several batches made one."""

import polars as pl

from kartra_freshsales.reports.books import one_comparison_each


def rows(*places: tuple[str, str, str, str, str]) -> pl.DataFrame:
    """``module, source_key, batch, role, cause`` of one field each."""
    names = ["module", "source_key", "batch", "role", "cause"]
    frame = pl.DataFrame(places, schema=names, orient="row")
    return frame.with_columns(field=pl.lit("first_name"))


# G3, S16: what a batch read of a record before its owner did cannot hide a difference
def test_the_owners_comparison_of_a_record_counts() -> None:
    both = rows(
        ("contacts", "ada@example.com", "feb", "parent", "equal"),
        ("contacts", "ada@example.com", "feb", "own", "wrong"),
    )
    for frame in (both, both.reverse()):
        assert one_comparison_each(frame, both)["cause"].to_list() == ["wrong"]
    assert one_comparison_each(both.head(1), both)["cause"].to_list() == ["equal"]


# S48: each batch puts its own members on a list
def test_every_batchs_comparison_of_a_shared_list_counts() -> None:
    both = rows(
        ("lists", "News", "jan", "own", "equal"), ("lists", "News", "feb", "own", "wrong")
    )
    assert one_comparison_each(both, both)["cause"].to_list() == ["equal", "wrong"]


# G5: a record that another batch owns by now left a comparison behind
def test_comparisons_of_results_that_no_longer_count_are_left_out() -> None:
    old = rows(("leads", "ada@example.com", "jan", "own", "wrong"))
    assert one_comparison_each(old, old.clear()).is_empty()
