"""Seven overlapping exports of ten thousand people, read in any order: one answer.

The sample is generated and cleaned once for the session; only the merging is repeated.
"""

import hashlib
from collections.abc import Sequence
from random import Random
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from kartra_freshsales.kartra.front_door import read_batch
from kartra_freshsales.kartra.kinds import ExportKind
from kartra_freshsales.mapping.decisions.duplicates import Duplicates
from kartra_freshsales.sample.generator import generate
from kartra_freshsales.transforms.companies import accounts
from kartra_freshsales.transforms.contact_columns import CONTACTS
from kartra_freshsales.transforms.contacts import clean_contacts
from kartra_freshsales.transforms.lookalikes import contact_lookalikes
from kartra_freshsales.transforms.names_in_cells import LIST_COLUMNS
from kartra_freshsales.transforms.records import Golden
from kartra_freshsales.transforms.subscriptions import (
    clean_subscriptions,
    golden_subscriptions,
)
from kartra_freshsales.transforms.survivorship import golden_contacts
from kartra_freshsales.transforms.transactions import (
    clean_transactions,
    golden_transactions,
)
from kartra_freshsales_tests.transforms.scenario import RULES

PEOPLE, BATCHES = 10_000, 7
_CLEAN = {
    ExportKind.CONTACTS: clean_contacts,
    ExportKind.TRANSACTIONS: clean_transactions,
    ExportKind.SUBSCRIPTIONS: clean_subscriptions,
}
ORDERS = {
    "backwards": list(range(BATCHES))[::-1],
    "shuffled": Random(3).sample(range(BATCHES), BATCHES),
    "once more": Random(11).sample(range(BATCHES), BATCHES),
}


class Exports:
    """The cleaned batches, and the figures they must lead to."""

    def __init__(self, truth: dict[str, Any], rows: dict[ExportKind, list[pl.DataFrame]]):
        self.truth, self.rows = truth, rows
        self.people, self.deals, self.plans = self.merged(range(BATCHES))

    def merged(self, order: Sequence[int]) -> tuple[Golden, Golden, Golden]:
        """Golden records of the batches in an order."""
        people, money, plans = (
            pl.concat([found[at] for at in order], how="diagonal")
            for found in self.rows.values()
        )
        contacts = golden_contacts(people)
        return (
            contacts,
            golden_transactions(money, contacts.records, RULES),
            golden_subscriptions(plans, contacts.records, RULES),
        )


@pytest.fixture(scope="session")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    folder = tmp_path_factory.mktemp("seven")
    truth = generate(folder, PEOPLE, batches=BATCHES)
    rows: dict[ExportKind, list[pl.DataFrame]] = {kind: [] for kind in _CLEAN}
    for path in sorted(each for each in folder.iterdir() if each.is_dir()):
        read = read_batch(path, batch=path.name)
        for kind, clean in _CLEAN.items():
            rows[kind].append(clean(read.frames[kind], RULES).rows)
    return Exports(truth, rows)


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_the_order_of_batches_changes_nothing(exports: Exports, order: list[int]) -> None:
    # S74 S76 G10
    before = (exports.people, exports.deals, exports.plans)
    for one, other in zip(before, exports.merged(order), strict=True):
        for frame in ("records", "row_states", "origins", "conflicts"):
            left, right = getattr(one, frame), getattr(other, frame)
            assert_frame_equal(
                left.select(sorted(left.columns)),
                right.select(sorted(right.columns)),
                check_row_order=frame == "records",
            )


def test_the_counts_are_those_of_the_truth(exports: Exports) -> None:
    # S11 S12 S29 S76 S88
    truth, records = exports.truth, exports.people.records
    keys = "\n".join(records["contact_key"].sort())
    assert hashlib.sha256(keys.encode()).hexdigest() == truth["emails"]
    assert dict(records["consent"].value_counts().iter_rows()) == truth["consent"]
    tags = records["tags"].explode().drop_nulls().value_counts()
    assert dict(tags.iter_rows()) == truth["tags"]
    assert accounts(records).height == truth["modules"]["sales_accounts"]
    deals = exports.deals.records
    assert deals.height == truth["modules"]["deals"]
    assert str(deals["amount"].sum()) == truth["deal_amount"]["USD"]
    assert str(deals["refunded_amount"].sum()) == truth["refunded_amount"]["USD"]
    assert exports.plans.records.height == truth["modules"]["subscriptions"]


def test_every_value_is_that_of_the_row_it_is_said_to_come_from(exports: Exports) -> None:
    # G11: consent is combined of all rows, lists are united
    combined = {"contact_key", "consent", "email", *LIST_COLUMNS}
    fields = [name for name in CONTACTS if name not in combined]
    rows = pl.concat(exports.rows[ExportKind.CONTACTS], how="diagonal")
    place = ["contact_key", "_batch", "_file", "_row"]
    told = exports.people.origins
    newest = told.filter(pl.col("field") == "*").drop("field")
    for name in fields:
        own = told.filter(pl.col("field") == name).drop("field")
        at = pl.concat([own, newest.join(own, on="contact_key", how="anti")])
        source = at.join(rows.select(*place, name), on=place, how="left")
        pairs = exports.people.records.select(
            "contact_key", pl.col(name).alias("golden")
        ).join(source.select("contact_key", name), on="contact_key")
        wrong = pairs.filter(pl.col(name).ne_missing(pl.col("golden")))
        assert wrong.height == 0, name
        assert pairs.height == exports.people.records.height


def test_those_who_lost_are_kept_whole(exports: Exports) -> None:
    # S76 G4: every row of a contact stands in its sources, winner or not
    rows = sum(frame.height for frame in exports.rows[ExportKind.CONTACTS])
    states = exports.people.row_states
    assert states.height == rows
    assert set(states["state"]) == {"loaded", "merged"}
    assert exports.people.records["sources"].list.len().sum() == rows
    assert exports.people.conflicts.height > 0


def test_proposals_do_not_depend_on_the_order_either(exports: Exports) -> None:
    found = [
        contact_lookalikes(exports.merged(order)[0].records, Duplicates())[0]
        for order in (range(BATCHES), ORDERS["shuffled"])
    ]
    assert_frame_equal(*found)
    # One person in a hundred of the sample shares the phone of the person before.
    assert (found[0]["reason"].str.starts_with("same phone")).sum() > PEOPLE / 300
