"""The stages from exports to a load plan in one process, without Dagster.

Shared by the benchmarks; nothing is measured here.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from pydantic import SecretStr

from kartra_freshsales.freshsales.budget import Unlimited
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.metadata import Metadata, read_metadata
from kartra_freshsales.freshsales.modules import RECORD_ENDPOINTS
from kartra_freshsales.freshsales.plan_facts import field_caps
from kartra_freshsales.kartra.front_door import read_batch
from kartra_freshsales.kartra.kinds import ExportKind
from kartra_freshsales.ledger.store import Destination, Ledger
from kartra_freshsales.loading import provision
from kartra_freshsales.loading.snapshot import SCHEMA as SNAPSHOT_SCHEMA
from kartra_freshsales.mapping.custom_fields import wanted_fields
from kartra_freshsales.mapping.defaults import shipped_folder
from kartra_freshsales.mapping.loading import load_mapping
from kartra_freshsales.mapping.model import Mapping as Decisions
from kartra_freshsales.mapping.payloads import intended
from kartra_freshsales.planning import fields
from kartra_freshsales.sandbox.config import SandboxConfig
from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales.transforms import companies
from kartra_freshsales.transforms.contacts import clean_contacts
from kartra_freshsales.transforms.currencies import with_currency_of_payments
from kartra_freshsales.transforms.subscriptions import (
    clean_subscriptions,
    golden_subscriptions,
)
from kartra_freshsales.transforms.survivorship import golden_contacts
from kartra_freshsales.transforms.transactions import (
    clean_transactions,
    golden_transactions,
)

CLEAN = {
    ExportKind.CONTACTS: clean_contacts,
    ExportKind.TRANSACTIONS: clean_transactions,
    ExportKind.SUBSCRIPTIONS: clean_subscriptions,
}
Frames = dict[ExportKind, pl.DataFrame]
NOTHING_THERE = pl.DataFrame(schema=SNAPSHOT_SCHEMA)


@dataclass(frozen=True)
class Golden:
    """One row per record of the business."""

    contacts: pl.DataFrame
    accounts: pl.DataFrame
    transactions: pl.DataFrame
    subscriptions: pl.DataFrame


def decisions() -> Decisions:
    """The map as it is shipped."""
    return load_mapping(shipped_folder())


def read(inbox: Path) -> Frames:
    """Raw rows of all batches by kind."""
    batches = sorted(path for path in inbox.iterdir() if path.is_dir())
    reads = [read_batch(folder, batch=folder.name) for folder in batches]
    return {
        kind: pl.concat(
            [each.frames[kind] for each in reads if kind in each.frames],
            how="diagonal_relaxed",
            rechunk=True,
        )
        for kind in CLEAN
    }


def cleaned(raw: Frames, mapping: Decisions) -> Frames:
    """Typed rows by kind."""
    return {kind: clean(raw[kind], mapping.source).rows for kind, clean in CLEAN.items()}


def golden(rows: Frames, mapping: Decisions) -> Golden:
    """Rows merged to records."""
    people = golden_contacts(rows[ExportKind.CONTACTS]).records
    paid = golden_transactions(
        rows[ExportKind.TRANSACTIONS], people, mapping.source
    ).records
    running = golden_subscriptions(
        rows[ExportKind.SUBSCRIPTIONS], people, mapping.source
    ).records
    return Golden(
        people, companies.accounts(people), paid, with_currency_of_payments(running, paid)
    )


def payloads(records: Golden, mapping: Decisions, metadata: Metadata) -> pl.DataFrame:
    """Golden records as Freshsales records."""
    return intended(
        records.contacts,
        records.accounts,
        records.transactions,
        records.subscriptions,
        mapping,
        metadata.lookups(),
        edition=mapping.destination.edition,
    )


@contextmanager
def account(folder: Path) -> Iterator[tuple[FreshsalesClient, Ledger]]:
    """A stand-in Freshsales without limits, with a ledger in ``folder``."""
    with SandboxProcess(SandboxConfig(requests_per_hour=0)) as server:
        destination = Destination(server.base_url, edition="suite")
        with (
            Ledger.open(f"sqlite:///{folder / 'ledger.sqlite'}", destination) as ledger,
            FreshsalesClient(
                server.base_url, SecretStr(server.api_key), budget=Unlimited()
            ) as client,
        ):
            yield client, ledger


def provisioned(
    client: FreshsalesClient, ledger: Ledger, records: Golden, mapping: Decisions
) -> Metadata:
    """The account's settings once every custom field stands."""
    wanted = wanted_fields(
        records.contacts, records.transactions, records.subscriptions, mapping
    )
    metadata = read_metadata(client, RECORD_ENDPOINTS)
    planned = fields.field_plan(wanted, metadata, field_caps(mapping.destination.plan))
    provision.create_missing(client, ledger, metadata, planned, run="provision")
    return read_metadata(client, RECORD_ENDPOINTS)


def by_module(rows: pl.DataFrame) -> Mapping[str, int]:
    """How many rows each module has, in loading order."""
    return dict(rows.group_by("module", maintain_order=True).len().iter_rows())
