"""The whole way from files to golden records, held against the answers of a sample."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kartra_freshsales.kartra.front_door import BatchRead, read_batch
from kartra_freshsales.kartra.kinds import ExportKind
from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.sample.generator import generate
from kartra_freshsales.transforms.companies import accounts
from kartra_freshsales.transforms.conservation import ledger_of_rows
from kartra_freshsales.transforms.contacts import clean_contacts
from kartra_freshsales.transforms.records import Cleaned, Golden
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

KINDS: dict[ExportKind, Callable[[pl.DataFrame, SourceRules], Cleaned]] = {
    ExportKind.CONTACTS: clean_contacts,
    ExportKind.TRANSACTIONS: clean_transactions,
    ExportKind.SUBSCRIPTIONS: clean_subscriptions,
}


class Outcome:
    """A sample, cleaned and merged, beside what must come of it."""

    def __init__(self, folder: Path) -> None:
        self.truth: dict[str, Any] = generate(folder, 600)
        batches = sorted(path for path in folder.iterdir() if path.is_dir())
        self.reads: list[BatchRead] = [
            read_batch(path, batch=path.name) for path in batches
        ]
        self.cleaned = {
            kind: [clean(read.frames[kind], RULES) for read in self.reads]
            for kind, clean in KINDS.items()
        }
        people, money, plans = (
            pl.concat([each.rows for each in found], how="diagonal")
            for found in self.cleaned.values()
        )
        self.contacts: Golden = golden_contacts(people)
        self.deals: Golden = golden_transactions(money, self.contacts.records, RULES)
        self.plans: Golden = golden_subscriptions(plans, self.contacts.records, RULES)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return Outcome(tmp_path_factory.mktemp("sample"))


def counts(values: pl.Series) -> dict[str, int]:
    return dict(values.value_counts().rows())


def test_every_row_ends_in_the_state_it_must(outcome: Outcome) -> None:
    # G4 S76 S85
    ledger = ledger_of_rows(
        states=[
            outcome.contacts.row_states,
            outcome.deals.row_states,
            outcome.plans.row_states,
        ],
        set_aside=[each.set_aside for found in outcome.cleaned.values() for each in found],
        quarantined={
            kind: pl.concat([read.quarantine[kind] for read in outcome.reads])
            for kind in KINDS
        },
        read={
            kind: pl.concat(
                [
                    read.frames[kind].select("_batch", "_file", "_row")
                    for read in outcome.reads
                ]
            )
            for kind in KINDS
        },
    )
    for kind, expected in outcome.truth["kinds"].items():
        rows = ledger.filter(pl.col("_kind") == kind)
        assert rows.height == expected.pop("rows")
        assert counts(rows["state"]) == {word: n for word, n in expected.items() if n}


def test_people_tags_lists_and_owners_are_complete(outcome: Outcome) -> None:
    # S11 S12 S44 S45 S47 S61
    records, truth = outcome.contacts.records, outcome.truth
    keys = "\n".join(records["contact_key"].sort())
    assert hashlib.sha256(keys.encode()).hexdigest() == truth["emails"]
    assert counts(records["tags"].explode().drop_nulls()) == truth["tags"]
    assert counts(records["lists"].explode().drop_nulls()) == truth["list_members"]
    assert counts(records["owner"].fill_null("")) == truth["owners"]
    assert records["notes"].count() == truth["modules"]["notes"]


def test_consent_is_what_the_stories_lead_to(outcome: Outcome) -> None:
    # S57 S60 G10
    assert counts(outcome.contacts.records["consent"]) == outcome.truth["consent"]


def test_companies_deals_and_subscriptions_are_complete(outcome: Outcome) -> None:
    # S25 S32 S39 S88
    modules = outcome.truth["modules"]
    assert accounts(outcome.contacts.records).height == modules["sales_accounts"]
    assert outcome.deals.records.height == modules["deals"]
    assert counts(outcome.deals.records["type"]) == outcome.truth["deals_by_type"]
    assert outcome.plans.records.height == modules["subscriptions"]


def test_money_adds_up_to_the_cent(outcome: Outcome) -> None:
    # S88
    records = outcome.deals.records
    assert str(records["amount"].sum()) == outcome.truth["deal_amount"]["USD"]
    assert str(records["refunded_amount"].sum()) == outcome.truth["refunded_amount"]["USD"]


def test_no_finding_holds_an_address(outcome: Outcome) -> None:
    # G18
    findings = [
        f for found in outcome.cleaned.values() for each in found for f in each.warnings
    ]
    findings += [*outcome.deals.findings, *outcome.plans.findings]
    assert findings
    assert not any("@" in str(finding) for finding in findings)
