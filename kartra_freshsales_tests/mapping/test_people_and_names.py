"""Owners, names of the account, conversion of leads, proposals."""

from typing import Any

import polars as pl
import pytest

from kartra_freshsales.freshsales.lookups import Lookups
from kartra_freshsales.freshsales.metadata import User
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales.mapping.names_in_use import names_in_use
from kartra_freshsales.mapping.owners import NO_OWNER, owner_table
from kartra_freshsales.mapping.proposals import proposals, propose_names
from kartra_freshsales_tests.mapping import scenario
from kartra_freshsales_tests.mapping.scenario import (
    ANN,
    LOOKUPS,
    USERS,
    columns_of_the_exports,
    sale,
)


def owners(
    mapping: Mapping | None = None, users: Any = USERS, **frames: Any
) -> pl.DataFrame:
    paid = frames.get("transactions", scenario.transactions())
    people, running = scenario.contacts(), scenario.subscriptions()
    return owner_table(people, paid, running, mapping or Mapping(), users)


def test_every_owner_is_listed_with_what_they_own() -> None:
    # S61 S62
    table = owners()
    found = {row[0]: row[1:4] for row in table.iter_rows()}
    assert found == {
        "former-owner@example.com": (1, 0, "inactive"),
        "owner-north@example.com": (1, 3, "matched"),
        NO_OWNER: (2, 2, "default"),
    }


def test_owners_of_transactions_count_too() -> None:
    # S61
    paid = scenario.transactions(sale("T1", ANN, owner="Seller@example.com"))
    row = owners(transactions=paid).row(0, named=True)
    assert (row["owner"], row["deals"], row["status"]) == (
        "seller@example.com",
        1,
        "unmatched",
    )
    assert "remap" in row["remedy"]


def test_the_unmatched_come_first() -> None:
    # S63
    assert owners()["status"].to_list() == ["inactive", "matched", "default"]


def test_somebody_else_can_take_over() -> None:
    # S63
    remap = {"Former-Owner@example.com": "successor@example.com"}
    table = owners(Mapping.model_validate({"owners": {"remap": remap}}))
    row = table.filter(pl.col("owner") == "former-owner@example.com").row(0, named=True)
    assert (row["status"], row["user_id"]) == ("matched", 4)


@pytest.mark.parametrize(
    ("users", "default"),
    [((), ""), (USERS, "former-owner@example.com"), (USERS, "no@x.example")],
)
def test_a_default_owner_must_be_an_active_user(
    users: tuple[User, ...], default: str
) -> None:
    # S63 S64
    table = owners(Mapping.model_validate({"owners": {"default_owner": default}}), users)
    row = table.filter(pl.col("owner") == NO_OWNER).row(0, named=True)
    assert row["status"] == "unmatched"
    assert "default_owner" in row["remedy"]


def test_all_names_of_the_default_decisions_stand_in_a_fresh_account() -> None:
    # S95
    assert names_in_use(Mapping(), LOOKUPS)["found"].all()


def test_a_name_the_account_lacks_comes_with_the_nearest_it_has() -> None:
    # S95
    lookups = Lookups(
        deal_stages={
            key: target for key, target in LOOKUPS.deal_stages.items() if key[1] != "Won"
        },
        pipelines=LOOKUPS.pipelines,
        default_pipeline="Default Pipeline",
        lifecycle_stages={"Customers": 1},
    )
    table = names_in_use(Mapping(), lookups).filter(~pl.col("found"))
    nearest = dict(table.select("name", "nearest").iter_rows())
    assert nearest["Customer"] == "Customers"
    assert "Won" in nearest


def export_columns(**more: object) -> pl.DataFrame:
    rows = [
        {"kind": kind, "column": column, **more}
        for kind, columns in columns_of_the_exports().items()
        for column in columns
    ]
    return pl.DataFrame(rows)


def test_every_column_gets_a_proposal_with_reasons() -> None:
    # S17 G7
    table = proposals(export_columns(), Mapping())
    first = table.filter(pl.col("rank") == 1)
    assert first.height == export_columns().height
    assert (first["reasons"].str.len_chars() > 0).all()
    assert first["confidence"].is_between(0, 1).all()


def test_a_known_column_is_proposed_with_certainty() -> None:
    # G7
    table = proposals(export_columns(), Mapping())
    row = table.filter((pl.col("kind") == "contacts") & (pl.col("column") == "city"))
    assert (row.item(0, "target"), row.item(0, "confidence")) == ("contacts.city", 1.0)


def test_a_misspelt_column_is_recognised_as_a_second_thought() -> None:
    # G7
    columns = pl.DataFrame(
        {
            "kind": ["contacts"] * 2,
            "column": ["email", "Frist Name"],
            "filled": [9, 9],
            "distinct": [9, 8],
            "max_length": [20, 12],
        }
    )
    table = proposals(columns, Mapping()).filter(pl.col("column") == "Frist Name")
    assert table["rank"].to_list()[:2] == [1, 2]
    assert "contacts.first_name" in table["target"].to_list()
    assert "8 different ones" in table.item(0, "reasons")


def test_a_column_that_is_there_is_proposed_to_no_second_one() -> None:
    # G7
    columns = pl.DataFrame({"kind": ["contacts"] * 2, "column": ["city", "City!"]})
    table = proposals(columns, Mapping()).filter(pl.col("column") == "City!")
    assert "contacts.city" not in table["target"].to_list()


def test_names_of_the_account_are_proposed_for_ours() -> None:
    # G7
    table = propose_names(
        "deal stage", ["Won", "Negotiation", "Zzz"], ["Closed won", "Negotiating", "New"]
    )
    assert dict(table.select("value", "target").iter_rows()) == {
        "Won": "Closed won",
        "Negotiation": "Negotiating",
        "Zzz": None,
    }


def test_an_owner_is_proposed_at_their_new_domain() -> None:
    # G7 S61
    table = propose_names(
        "owner", ["ann@old.example"], ["bob@new.example", "ann@new.example"]
    )
    assert table.item(0, "target") == "ann@new.example"
