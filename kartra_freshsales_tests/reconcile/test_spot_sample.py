"""The spot check's draw: of every sort, by a seed, and never more than it proves (S105)."""

import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.reconcile.causes import with_causes
from kartra_freshsales.reconcile.compare import compare_records
from kartra_freshsales.reconcile.spot_sample import (
    NOT_SENT,
    error_bound,
    side_by_side,
    spot_sample,
)
from kartra_freshsales_tests.reconcile import scenario as s

_PEOPLE = 40


def load() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Forty contacts and a refunded deal, all read back as sent; one was never found."""
    records: dict[tuple[str, str], s.Record] = {
        ("contacts", f"person.{n}@example.com"): {"last_name": f"Person {n}"}
        for n in range(_PEOPLE)
    }
    records["contacts", "person.1@example.com"]["subscription_status"] = 0
    records["contacts", "person.2@example.com"]["sales_account"] = 101
    records["contacts", "person.3@example.com"]["cf_about"] = "x" * 500
    records["deals", "txn:1"] = {"amount": "1.00", "contact": 4, "cf_refund_date": "2026"}
    sent = s.sent(records)
    seen = pl.DataFrame(
        [
            (module, key, at, json.dumps(record | {"id": at, "contact_ids": [4],
                                                   "sales_account_ids": [101]}))
            for at, ((module, key), record) in enumerate(records.items())
            if key != "person.9@example.com"
        ],
        schema=s.SEEN_SCHEMA,
        orient="row",
    )  # fmt: skip
    comparison = with_causes(compare_records(sent, seen))
    return sent.join(seen, on=("module", "source_key"), how="left"), comparison


@pytest.fixture(scope="module")
def small() -> tuple[pl.DataFrame, pl.DataFrame]:
    return load()


Load = tuple[pl.DataFrame, pl.DataFrame]


@settings(max_examples=25, deadline=None)
@given(seed=st.text(max_size=8), count=st.integers(8, 20))
def test_every_sort_is_drawn_whatever_the_seed(small: Load, seed: str, count: int) -> None:
    drawn = spot_sample(*small, seed=seed, count=count)
    assert drawn.height == count
    assert drawn.select("module", "source_key").is_unique().all()
    found = dict(drawn.select("source_key", "drawn_for").iter_rows())
    assert found["txn:1"] == "refunded"
    assert found["person.1@example.com"] == "consent not given"
    assert found["person.2@example.com"] == "linked to an account"
    assert found["person.4@example.com"] == "has deals"
    assert found["person.3@example.com"] in {"most custom fields", "longest values"}
    assert "person.9@example.com" not in found  # nothing of it was read back


def test_the_same_seed_draws_the_same_and_another_draws_others(small: Load) -> None:
    first = spot_sample(*small, seed="a")
    assert first.equals(spot_sample(small[0].reverse(), small[1].reverse(), seed="a"))
    assert not first.equals(spot_sample(*small, seed="b"))
    assert first.height == 20


def test_a_small_load_is_drawn_whole(small: Load) -> None:
    few = small[1].head(3)
    assert spot_sample(small[0], few, seed="a").height == few["source_key"].n_unique()


# S105: exact for none wrong: (1 - p)^n = 0.05
@pytest.mark.parametrize(
    ("looked_at", "bound"), [(10, 25.9), (20, 13.9), (1, 95.0), (0, 100)]
)
def test_what_a_sample_proves_is_the_exact_bound(looked_at: int, bound: float) -> None:
    assert round(error_bound(looked_at), 1) == bound


def test_every_field_stands_side_by_side_also_what_was_not_sent(small: Load) -> None:
    results, comparison = small
    drawn = spot_sample(results, comparison, seed="a")
    table = side_by_side(drawn, results, comparison)
    deal = table.filter(source_key="txn:1")
    told = dict(deal.select("field", "cause").iter_rows())
    assert told == {
        "amount": "equal", "contact": "equal", "cf_refund_date": "equal", "id": NOT_SENT,
    }  # fmt: skip
    assert deal.filter(field="id")["sent"].to_list() == [None]
    assert set(table["source_key"]) == set(drawn["source_key"])
