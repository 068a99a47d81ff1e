"""A plan as a person looks at it."""

import polars as pl

from kartra_freshsales.planning.plan import make_plan
from kartra_freshsales.planning.summary import (
    operation_counts,
    reason_counts,
    sample_payloads,
)
from kartra_freshsales_tests.planning.scenario import (
    CONTACT_KEY,
    NOBODY,
    NOTHING,
    intended,
)


def plan(**changes: str) -> pl.DataFrame:
    return make_plan(intended(problems=changes), NOBODY, NOTHING, batch="mar")[0]


def test_counts_are_by_module_in_loading_order_with_every_operation() -> None:
    counts = operation_counts(plan(**{CONTACT_KEY: "too_long"}))
    assert list(counts) == ["sales_accounts", "contacts"]
    none = {"create": 0, "update": 0, "skip": 0, "conflict": 0, "refuse": 0}
    assert counts["sales_accounts"] == none | {"create": 1}
    assert counts["contacts"] == none | {"refuse": 1}


def test_reasons_are_counted_with_what_to_do() -> None:
    reasons = reason_counts(plan(**{CONTACT_KEY: "too_long"}))
    assert reasons.rows() == [("contacts", "refuse", "too_long", "Put it right.", 1)]


# G18
def test_sample_payloads_show_keys_and_ids_but_nobodys_data() -> None:
    shown = sample_payloads(plan())
    text = " ".join(shown["payload"])
    assert "first_name" in text
    assert '"owner_id": 11' in text
    for value in ("Buyer", "example.com", "Oslo", "North", "bakery", "alpha"):
        assert value not in text
