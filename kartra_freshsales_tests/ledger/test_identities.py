"""Identities: one per source record, read in bulk, and what we created stays ours."""

from __future__ import annotations

import json

import polars as pl
import pytest

from kartra_freshsales.ledger.records import Identity, Json
from kartra_freshsales.ledger.states import IdentityState, Origin
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales_tests.ledger.scenario import ELSEWHERE, HERE, identity


def test_identities_come_back_as_a_frame(ledger_url: str) -> None:
    written: Json = {"name": "Møller & Søn", "tags": ["b", "a"]}
    with Ledger.open(ledger_url, HERE) as ledger:
        ledger.put_identities(
            [
                identity("zoe@example.com", 2),
                Identity("sales_accounts", "møller", 2**40, Origin.ADOPTED, written,
                         {"id": 1}, "h", "2024-01"),
                identity("ann@example.com", 3),
            ]
        )  # fmt: skip
        frame = ledger.identities()
        assert frame.schema == {
            "module": pl.String, "source_key": pl.String, "freshsales_id": pl.Int64,
            "origin": pl.String, "written": pl.String, "seen": pl.String,
            "payload_hash": pl.String, "batch": pl.String, "state": pl.String,
        }  # fmt: skip
        assert frame["source_key"].to_list() == [
            "ann@example.com",
            "zoe@example.com",
            "møller",
        ]
        row = frame.row(2, named=True)
        assert json.loads(row["written"]) == written
        assert (row["freshsales_id"], row["origin"]) == (2**40, "adopted")
        assert ledger.identities(["deals"]).schema == frame.schema
        assert ledger.identities(["contacts"]).height == 2


def test_a_source_record_has_one_identity_per_destination(ledger_url: str) -> None:
    # G1
    with (
        Ledger.open(ledger_url, HERE) as ledger,
        Ledger.open(ledger_url, ELSEWHERE) as other,
    ):
        ledger.put_identities([identity(number=1), identity(number=5, batch="b")])
        other.put_identities([identity(number=9)])
        assert ledger.identity_ids(["contacts"]) == {("contacts", "mia@example.com"): 5}
        assert ledger.identities()["batch"].to_list() == ["b"]
        assert other.identity_ids() == {("contacts", "mia@example.com"): 9}


def test_a_record_we_created_stays_created_while_it_lives(ledger_url: str) -> None:
    with Ledger.open(ledger_url, HERE) as ledger:
        ledger.put_identities([identity()])
        ledger.put_identities([identity(origin=Origin.UPDATED, written={"a": 1})])
        row = ledger.identities().row(0, named=True)
        assert (row["origin"], row["written"]) == ("created", '{"a":1}')
        ledger.mark_identities([("contacts", "mia@example.com")], IdentityState.ROLLED_BACK)
        assert ledger.identity_ids() == {}
        ledger.put_identities([identity(origin=Origin.ADOPTED)])
        row = ledger.identities().row(0, named=True)
        assert (row["origin"], row["state"]) == ("adopted", "live")


def test_a_record_with_another_id_is_not_the_one_we_created(ledger_url: str) -> None:
    with Ledger.open(ledger_url, HERE) as ledger:
        ledger.put_identities([identity(number=1)])
        ledger.put_identities([identity(number=2, origin=Origin.ADOPTED)])
        assert ledger.identities()["origin"].to_list() == ["adopted"]


@pytest.mark.parametrize("count", [30_000])
def test_many_identities_are_written_and_read_in_sets(ledger_url: str, count: int) -> None:
    with Ledger.open(ledger_url, HERE) as ledger:
        ledger.put_identities([identity(f"p{n}@example.com", n) for n in range(count)])
        assert ledger.identities().height == count
        ids = ledger.identity_ids()
        assert ids["contacts", "p77@example.com"] == 77
        ledger.mark_identities(list(ids)[:1000], IdentityState.LOST)
        assert len(ledger.identity_ids()) == count - 1000
