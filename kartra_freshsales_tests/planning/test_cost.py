"""What a plan costs."""

import json

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.planning.cost import cost


def plan(counts: dict[str, int], operation: str = "create") -> pl.DataFrame:
    rows = [
        (module, f"{module}:{at}", operation, json.dumps({"members": ["x"] * 250}), None)
        for module, count in counts.items()
        for at in range(count)
    ]
    columns = {
        name: pl.String()
        for name in ("module", "source_key", "operation", "payload", "reason")
    }
    return pl.DataFrame(rows, schema=columns, orient="row")


# G6
@given(st.integers(1, 400), st.integers(1, 400), st.integers(0, 50))
@settings(max_examples=8, deadline=None)
def test_a_load_costs_about_a_hundredth_of_its_records(
    contacts: int, deals: int, notes: int
) -> None:
    counts = {"contacts": contacts * 10, "deals": deals * 10, "notes": notes}
    price = cost(plan(counts), requests_per_hour=1000, reserve=0.2)
    kinds = {kind: price.of_kind(kind) for kind in ("write", "read", "poll")}
    assert price.total == sum(kinds.values())
    assert kinds["write"] == -(-contacts // 10) - (-deals // 10) + notes
    assert price.bound <= kinds["write"] * 3
    assert price.total <= 1.1 * price.bound + 8  # small loads pay for looking first


# G6
def test_hours_leave_the_reserve_to_the_accounts_users() -> None:
    frame = plan({"notes": 800})
    assert cost(frame, requests_per_hour=1000, reserve=0.2).hours == 1.0
    assert cost(frame, requests_per_hour=1000, reserve=0.0).hours == 0.8
    assert cost(frame, requests_per_hour=0, reserve=0.2).hours == 0.0


# G5, G6
def test_what_is_not_sent_costs_nothing() -> None:
    price = cost(plan({"contacts": 500}, "skip"), requests_per_hour=1000, reserve=0.2)
    assert (price.total, price.bound) == (0, 0)


# G6
def test_lists_cost_by_their_members() -> None:
    price = cost(plan({"lists": 2}), requests_per_hour=0, reserve=0.0, list_group_size=100)
    assert price.requests["lists"]["write"] == 2 + 2 * 3


# G6
def test_a_snapshot_costs_a_page_per_hundred_records() -> None:
    price = cost(plan({}), requests_per_hour=0, reserve=0.0, existing=101)
    assert price.requests["snapshot"]["read"] == 2


# G6: Classic has bulk calls for contacts and leads only
def test_without_a_bulk_call_every_record_costs_a_request() -> None:
    counts = {"sales_accounts": 150, "contacts": 150, "leads": 150, "deals": 250}
    price = cost(plan(counts), requests_per_hour=1000, reserve=0.2, edition="classic")
    assert {m: of["write"] for m, of in price.requests.items()} == {
        "sales_accounts": 150, "contacts": 2, "leads": 2, "deals": 250,
    }  # fmt: skip
    assert price.requests["deals"] == {"write": 250, "read": 3 + 3, "poll": 0}
    assert price.bound <= price.total <= 1.1 * price.bound


# destination.yaml, bulk
def test_the_bulk_calls_of_an_account_change_the_price() -> None:
    frame = plan({"deals": 250, "subscriptions": 50, "contacts": 100})
    price = cost(
        frame, requests_per_hour=0, reserve=0, edition="classic", bulk={"leads", "deals"}
    )
    writes = {m: of["write"] for m, of in price.requests.items()}
    assert writes == {"deals": 3, "subscriptions": 1, "contacts": 100}
