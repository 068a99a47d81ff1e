"""Samples to rehearse with and to look at by hand."""

import json

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.planning.sample import representative, spot_check
from kartra_freshsales_tests.planning.scenario import CONTACT_KEY, Key, Record, intended

COLOURS = ["Red", "Green", "Blue"]


def many() -> pl.DataFrame:
    records: dict[Key, Record] = {
        ("sales_accounts", f"a{at}"): {"name": f"Account {at}", "owner_id": at % 2}
        for at in range(10)
    }
    for at in range(200):
        key = f"p{at}@example.com"
        person: Record = {
            "email": key,
            "last_name": "x" * (1 + at % 97),
            "subscription_status": at % 5,
            "cf_colour": COLOURS[at % 3],
            "cf_sizes": ["S", "M", "L"][: 1 + at % 3],
        }
        if at % 2:
            person["sales_account"] = f"a{at % 10}"
        if at == 150:
            person["cf_rare"] = "once"
        records["leads" if at % 7 == 0 else "contacts", key] = person
        records["deals", f"txn:9{at}"] = {
            "name": f"Deal {at}", "amount": f"{at}.00", "deal_stage_id": at % 4,
            "contact": key,
        }  # fmt: skip
    records["lists", "Customers"] = {
        "name": "Customers", "members": [f"p{at}@example.com" for at in range(100)],
    }  # fmt: skip
    return intended(records)


# G16, S103
def test_a_sample_meets_every_field_choice_stage_code_and_edge() -> None:
    everything = many()
    sample = representative(everything, size=80)
    assert sample.uncovered == ()
    assert sample.records.height <= 80 < everything.height
    payloads = [json.loads(text) for text in sample.records["payload"]]
    assert {p.get("cf_rare") for p in payloads} >= {"once"}
    assert {p["subscription_status"] for p in payloads if "cf_colour" in p} == set(range(5))
    assert {p.get("cf_colour") for p in payloads} >= set(COLOURS)
    assert {p.get("deal_stage_id") for p in payloads} >= set(range(4))
    lengths = {len(p["last_name"]) for p in payloads if "last_name" in p}
    assert {1, 97} <= lengths


# G16
@given(st.integers(0, 40))
@settings(max_examples=10, deadline=None)
def test_a_sample_fits_its_size_and_brings_its_parents(size: int) -> None:
    sample = representative(many(), size=size)
    assert sample.records.height <= size
    keys = set(sample.records["source_key"])
    for text in sample.records["payload"]:
        record = json.loads(text)
        assert {record.get("contact"), record.get("sales_account")} - {None} <= keys
        assert set(record.get("members", [])) <= keys
    assert bool(sample.uncovered) or sample.features == 0 or size >= 20


# G16
def test_the_sample_does_not_depend_on_the_order_of_records() -> None:
    everything = many()
    again = representative(everything.reverse(), size=30).records
    first = representative(everything, size=30).records
    assert set(again["source_key"]) == set(first["source_key"])


def test_records_with_a_problem_and_values_of_people_stay_out() -> None:
    sample = representative(intended(problems={CONTACT_KEY: "too_long"}), size=0)
    assert sample.records.is_empty()
    assert not any("example.com" in word or "Oslo" in word for word in sample.uncovered)


# S105
@given(st.sets(st.text(max_size=3), max_size=40), st.integers(0, 9))
@settings(max_examples=40)
def test_a_spot_check_is_drawn_again_the_same(keys: set[str], seed: int) -> None:
    drawn = spot_check(keys, seed=seed)
    assert drawn == spot_check(sorted(keys, reverse=True), seed=seed)
    assert len(drawn) == min(20, len(keys))
    assert set(drawn) <= keys
