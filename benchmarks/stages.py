"""Every stage from CSV files to golden records, in one process and without Dagster.

What ``load_ready.py`` measures; nothing is measured here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from kartra_freshsales.kartra.front_door import store_batch
from kartra_freshsales.kartra.kinds import ExportKind
from kartra_freshsales.mapping.model import Mapping as Decisions
from kartra_freshsales.transforms import companies, in_slices
from kartra_freshsales.transforms.buyers import BUYER_COLUMNS
from kartra_freshsales.transforms.currencies import with_currency_of_payments
from kartra_freshsales.transforms.records import GoldenTables
from kartra_freshsales.transforms.spool import Spool, height_of
from kartra_freshsales.transforms.subscriptions import golden_subscriptions
from kartra_freshsales.transforms.survivorship import golden_contact_tables
from kartra_freshsales.transforms.transactions import golden_transaction_tables

KINDS = (ExportKind.CONTACTS, ExportKind.TRANSACTIONS, ExportKind.SUBSCRIPTIONS)


def load_ready(inbox: Path, frames: Path, mapping: Decisions) -> dict[str, int]:
    """Every stage from CSV files to golden records, each kept as Parquet; rows by record.

    Args:
        inbox: folders of exports.
        frames: an empty folder for the Parquet files.
        mapping: the decisions.
    """
    cleaned_scans: dict[ExportKind, list[pl.LazyFrame]] = {kind: [] for kind in KINDS}
    for folder in sorted(path for path in inbox.iterdir() if path.is_dir()):
        raw_folder = frames / folder.name
        raw_folder.mkdir()
        stored = store_batch(folder, batch=folder.name, into=raw_folder)
        for kind in KINDS:
            with scratch(frames) as spool:
                done = in_slices.cleaned(kind, stored.scan(kind), mapping.source, spool)
                path = frames / f"cleaned_{kind}-{folder.name}.parquet"
                done.rows.sink_parquet(path)
                done.set_aside.sink_parquet(frames / f"aside_{kind}-{folder.name}.parquet")
            cleaned_scans[kind].append(pl.scan_parquet(path))
    rows = {kind: pl.concat(scans, how="diagonal") for kind, scans in cleaned_scans.items()}
    with scratch(frames) as spool:
        people = golden_contact_tables(rows[ExportKind.CONTACTS], spool)
        contacts = kept(frames, "contacts", people)
    kept_accounts = companies.accounts(contacts.select(companies.NEEDED).collect())
    kept_accounts.write_parquet(frames / "accounts.parquet")
    with scratch(frames) as spool:
        paid = golden_transaction_tables(
            rows[ExportKind.TRANSACTIONS], contacts, mapping.source, spool
        )
        transactions = kept(frames, "transactions", paid)
    running = golden_subscriptions(
        rows[ExportKind.SUBSCRIPTIONS].collect(),
        contacts.select(BUYER_COLUMNS).collect(),
        mapping.source,
    ).records
    paid_in = transactions.select("subscription_id", "currency").collect()
    with_currency_of_payments(running, paid_in).write_parquet(
        frames / "subscriptions.parquet"
    )
    return {
        path.stem: height_of(pl.scan_parquet(path))
        for path in sorted(frames.glob("*.parquet"))
        if path.stem in {"contacts", "accounts", "transactions", "subscriptions"}
    }


def kept(frames: Path, name: str, tables: GoldenTables) -> pl.LazyFrame:
    """Golden records and their story as Parquet; the records as a scan of it."""
    for part in ("row_states", "origins", "conflicts"):
        getattr(tables, part).sink_parquet(frames / f"{name}_{part}.parquet")
    tables.records.sink_parquet(frames / f"{name}.parquet")
    return pl.scan_parquet(frames / f"{name}.parquet")


@contextmanager
def scratch(frames: Path) -> Iterator[Spool]:
    """A spool of its own."""
    with TemporaryDirectory(dir=frames) as folder:
        yield Spool(Path(folder))
