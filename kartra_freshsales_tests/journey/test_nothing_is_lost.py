"""Texts that break careless programs, from CSV to Freshsales over HTTP and back (S16).

Every one arrives as it was, or by a rule that has a name; what cannot arrive is told before
the load. Read the plain way here, without the orchestration.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kartra_freshsales.freshsales.metadata import read_metadata
from kartra_freshsales.freshsales.modules import RECORD_ENDPOINTS
from kartra_freshsales.freshsales.plan_facts import field_caps
from kartra_freshsales.kartra.front_door import read_batch
from kartra_freshsales.kartra.kinds import ExportKind
from kartra_freshsales.loading import provision
from kartra_freshsales.mapping.custom_fields import wanted_fields
from kartra_freshsales.mapping.label_changes import label_changes
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales.mapping.payloads import intended
from kartra_freshsales.planning.fields import field_plan
from kartra_freshsales.planning.plan import make_plan
from kartra_freshsales.planning.refusals import predicted_refusals
from kartra_freshsales.reconcile.compare import EQUAL, NORMALISED, compare_records
from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales.transforms.audit import SIGNS_ONLY, records_to_review
from kartra_freshsales.transforms.companies import accounts
from kartra_freshsales.transforms.contacts import clean_contacts
from kartra_freshsales.transforms.normalisations import explained, text_told
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
from kartra_freshsales_tests.data.scenario import NAUGHTY
from kartra_freshsales_tests.loading.scenario import Account, Look, opened

DECIDED = Mapping.model_validate({"tags": {"max_length": 255}})
LABEL = "Shoe size; or none"
LARGE = 1024 * 1024


def email(number: int) -> str:
    return f"person.{number}@example.com"


def contact(number: int, text: str) -> dict[str, str]:
    """A contact that holds the text wherever an export has room for one."""
    cells = ("first_name", "last_name", "company", "address", "city", "tags", "notes")
    return {"email": email(number), **dict.fromkeys(cells, text), LABEL: text}


def sale(number: int, text: str) -> dict[str, str]:
    return {
        "id": str(1000 + number), "transaction_type": "Sale",
        "date": "2026-01-02 10:00:00", "product": text, "price_point": text,
        "amount_(USD)": "10.00", "buyer_email": email(number),
    }  # fmt: skip


def put(path: Path, rows: Sequence[dict[str, str]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.getvalue().encode())


@dataclass(frozen=True)
class Made:
    """What the stages before the load make of a batch."""

    cleaned: pl.DataFrame
    people: Golden
    accounts: pl.DataFrame
    sales: pl.DataFrame
    plans: pl.DataFrame

    def intended(self, account: Account) -> pl.DataFrame:
        """The records as they are meant to stand."""
        lookups = account.metadata.lookups()
        frames = (self.people.records, self.accounts, self.sales, self.plans)
        return intended(*frames, DECIDED, lookups, edition="suite")


def made_of(folder: Path, texts: Sequence[str]) -> Made:
    """Write the exports, read and clean them."""
    put(folder / "contacts.csv", [contact(n, text) for n, text in enumerate(texts)])
    put(folder / "sales.csv", [sale(n, text) for n, text in enumerate(texts)])
    raw = read_batch(folder, batch="jan").frames
    rows = clean_contacts(raw[ExportKind.CONTACTS], DECIDED.source).rows
    people = golden_contacts(rows)
    paid = clean_transactions(raw[ExportKind.TRANSACTIONS], DECIDED.source).rows
    none = clean_subscriptions(
        raw[ExportKind.TRANSACTIONS]
        .select("_batch", "_file", "_row", "_exported_at")
        .clear(),
        DECIDED.source,
    ).rows
    return Made(
        rows,
        people,
        accounts(people.records),
        golden_transactions(paid, people.records, DECIDED.source).records,
        golden_subscriptions(none, people.records, DECIDED.source).records,
    )


def provide(account: Account, made: Made) -> None:
    """Create the fields that the records need."""
    wanted = wanted_fields(made.people.records, made.sales, made.plans, DECIDED)
    planned = field_plan(wanted, account.metadata, field_caps("growth"))
    provision.create_missing(
        account.client, account.ledger, account.metadata, planned, run="fields"
    )
    account.metadata = read_metadata(account.client, RECORD_ENDPOINTS)


@dataclass(frozen=True)
class Arrived:
    """The naughty texts after a load, read back over plain HTTP."""

    texts: tuple[str, ...]
    made: Made
    compared: pl.DataFrame
    contacts: dict[str, dict[str, Any]]
    deals: dict[str, dict[str, Any]]
    notes: dict[str, str]


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxProcess]:
    with SandboxProcess(requests_per_hour=0) as running:
        yield running


@pytest.fixture(scope="module")
def arrived(server: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Arrived:
    folder = tmp_path_factory.mktemp("naughty")
    texts = tuple(NAUGHTY.values())
    made = made_of(folder / "jan", texts)
    with opened(server, folder / "ledger.sqlite") as account, Look(server) as look:
        provide(account, made)
        meant = made.intended(account)
        plan, _ = make_plan(
            meant,
            account.ledger.identities(),
            account.snapshot(),
            batch="jan",
            refusals=predicted_refusals(meant, account.metadata),
        )
        assert set(plan["operation"]) == {"create"}
        results = account.load(plan)
        known = account.ledger.identities()
        everything = pl.concat([result.rows for result in results.values()])
        compared = compare_records(everything, known, references=known)
        people = look.all("contacts")
        return Arrived(
            texts,
            made,
            compared,
            {each["email"]: each for each in people},
            {each["name"].rpartition(" ")[2]: each for each in look.all("deals")},
            {
                each["email"]: note["description"]
                for each in people
                for note in look.get(f"/contacts/{each['id']}/notes")["notes"]
            },
        )


def rules_of(cell: str, arrived: str | None, *, narrow: bool) -> tuple[str, ...] | None:
    return explained(cell, arrived, DECIDED.source, one_line=narrow)


# S2 S16 G3: the load itself finds nothing that differs from what it sent
def test_every_field_that_was_sent_reads_back_the_same(arrived: Arrived) -> None:
    assert set(arrived.compared["verdict"]) <= {EQUAL, NORMALISED}
    assert set(arrived.compared["module"]) == {
        "sales_accounts", "contacts", "deals", "notes",
    }  # fmt: skip


# S16 G8
@pytest.mark.parametrize(("number", "what"), list(enumerate(NAUGHTY)))
def test_a_naughty_text_arrives_as_it_was_or_by_a_named_rule(
    number: int, what: str, arrived: Arrived
) -> None:
    text, person = arrived.texts[number], arrived.contacts[email(number)]
    for key in ("first_name", "city"):
        assert rules_of(text, person[key], narrow=True) is not None, (what, key)
    assert rules_of(text, person["address"], narrow=False) is not None
    custom = person["custom_field"]["cf_shoe_size_or_none"]
    assert rules_of(text, custom, narrow=False) is not None
    kept = rules_of(text, person["last_name"], narrow=True) is not None
    assert kept or (person["last_name"] == email(number).partition("@")[0])
    assert kept == bool(text.strip())
    assert rules_of(text, arrived.notes.get(email(number)), narrow=False) is not None


# S14 S35: the name may be shortened, the field is whole
@pytest.mark.parametrize(("number", "what"), list(enumerate(NAUGHTY)))
def test_a_naughty_product_arrives_with_its_sale(
    number: int, what: str, arrived: Arrived
) -> None:
    deal = arrived.deals[str(1000 + number)]
    custom = deal["custom_field"]["cf_product"]
    assert rules_of(arrived.texts[number], custom, narrow=True) is not None, what
    assert str(deal["amount"]) in {"10.0", "10.00", "10"}


# S44 S45: split where the file says so, every other character stays
def test_naughty_tags_arrive_split_and_otherwise_whole(arrived: Arrived) -> None:
    for number, text in enumerate(arrived.texts):
        cleaned = text_told(text, DECIDED.source, one_line=True).value or ""
        tags = arrived.contacts[email(number)]["tags"]
        assert sorted("".join(tags)) == sorted(re.sub(r" *;+ *", "", cleaned))
        assert all(tag == tag.strip() != "" for tag in tags)


# S30 S32: a name without letter or digit makes no account, and is told
def test_a_naughty_company_is_an_account_or_is_told_for_review(arrived: Arrived) -> None:
    names = {spelling for found in arrived.made.accounts["variants"] for spelling in found}
    review = records_to_review(arrived.made.cleaned, arrived.made.people.row_states).filter(
        problem=SIGNS_ONLY
    )
    told = set(review["row"])
    people = arrived.made.people.records
    for key, row, company in people.select("contact_key", "_row", "company").iter_rows():
        assert (company is None) or (company in names) != (row in told), key
    assert told


# S48 S50: what is cut or dropped is listed, never silent
def test_every_tag_that_is_cut_is_listed(arrived: Arrived) -> None:
    people = arrived.made.people.records
    assert label_changes(people, DECIDED).filter(kind="tag").is_empty()
    cut = label_changes(people, Mapping())
    long = {
        tag
        for tags in people["tags"]
        for tag in tags
        if len(tag) > Mapping().tags.max_length
    }
    assert set(cut.filter(reason="cut to 32 characters")["name"]) == long
    assert long


# S2 G17: a megabyte is refused with its reason and what to do, or cut by a rule of its own
def test_a_megabyte_is_refused_or_told_never_swallowed(
    server: SandboxProcess, tmp_path: Path
) -> None:
    made = made_of(tmp_path / "jan", ["x" * LARGE, "y" * 255])
    with opened(server, tmp_path / "ledger.sqlite") as account:
        meant = made.intended(account)
    refused = meant.filter(pl.col("source_key").str.contains("person.0"))
    problems = dict(refused.select("module", "problem").iter_rows())
    assert problems == {"contacts": "too_long", "notes": "parent_refused"}
    assert refused["remedy"].null_count() == 0
    deal = meant.filter(source_key="txn:1000")
    assert deal["problem"].item() in {"too_long", "contact_refused", "parent_refused"}
    whole = meant.filter(source_key=email(1))
    assert whole["problem"].item() is None
    changes = label_changes(made.people.records, DECIDED)
    assert changes.select("reason", "contacts").rows() == [("cut to 255 characters", 1)]
