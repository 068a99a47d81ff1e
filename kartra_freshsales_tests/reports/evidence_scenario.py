"""A small sealed migration: real ledger, real key, real bundle, to be tampered with."""

import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from kartra_freshsales.ledger.chain_record import ChainRecord
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales.reconcile.causes import with_causes
from kartra_freshsales.reconcile.compare import compare_records
from kartra_freshsales.reconcile.open_records import SCHEMA
from kartra_freshsales.reconcile.reckoning import Reckoning, reckon
from kartra_freshsales.reconcile.spot_sample import spot_sample
from kartra_freshsales.reconcile.sums import Names
from kartra_freshsales.reports.evidence import (
    CERTIFICATE,
    SIGNATURE,
    Ground,
    Sealed,
    canonical,
    digest_of,
    seal,
)
from kartra_freshsales.reports.signing import Signer, workspace_signer
from kartra_freshsales_tests.ledger import scenario as ledgers
from kartra_freshsales_tests.reconcile import scenario as s

CONTACT, DEAL = ("contacts", "buyer@example.com"), ("deals", "txn:1")
PEOPLE = ("buyer@example.com", "North Bakery", "Buyer")
"""What no file of a bundle may hold."""


def results() -> pl.DataFrame:
    """Load results of the small load, everything created."""
    sent = s.sent().join(s.seen(), on=("module", "source_key"), how="left")
    return sent.with_columns(
        pl.lit("jan").alias("batch"),
        pl.lit("own").alias("role"),
        pl.lit("created").alias("outcome"),
        pl.lit(None, pl.String).alias("reason"),
        pl.lit(None, pl.String).alias("remedy"),
    )


def reckoning(changes: s.Changes | None = None) -> Reckoning:
    """The books of the small load, with changes to what was read back."""
    seen = s.seen(changes)
    comparison = with_causes(compare_records(s.sent(), seen)).with_columns(
        pl.lit("jan").alias("batch"), pl.lit("own").alias("role")
    )
    return reckon(
        results=results(),
        comparison=comparison,
        seen=seen,
        references=seen,
        row_states=s.row_states(),
        deals=s.deals(),
        names=Names(),
        thresholds=s.thresholds(),
        still_open=pl.DataFrame(schema=SCHEMA),
    )


def record(path: Path) -> ChainRecord:
    """The record of a ledger with three settled writes and an approval."""
    clock = ledgers.Clock()
    with Ledger.open(f"sqlite:///{path}", ledgers.HERE, clock=clock) as ledger:
        ledger.approve("plan", "jan", "a" * 64, "Person 1")
        ledgers.settled(ledger)
        return ledger.chain_record()


@dataclass(frozen=True)
class Scene:
    """What a bundle is made of."""

    record: ChainRecord
    signer: Signer
    folder: Path

    def sealed(
        self, changes: s.Changes | None = None, signer: Signer | None = None
    ) -> Sealed:
        """The bundle of the small load."""
        closed = reckoning(changes)
        plans = s.sent().select(
            "module",
            "source_key",
            pl.lit("jan").alias("batch"),
            pl.lit("create").alias("operation"),
        )
        ground = Ground(
            account="acme.example.com",
            rehearsal=True,
            mapping_digest="b" * 64,
            plans=plans,
            record=self.record,
            reports={"reconciliation_report.md": "# Reconciliation\n"},
        )
        sample = spot_sample(closed.results, closed.comparison, seed=ground.seed)
        return seal(closed, ground, sample, signer or self.signer, self.folder)


def scene(folder: Path) -> Scene:
    """A ledger and a key below a folder."""
    return Scene(
        record(folder / "ledger.sqlite"), workspace_signer(folder / "keys"), folder
    )


def unpacked(bundle: Path) -> dict[str, bytes]:
    """The files of a bundle."""
    with zipfile.ZipFile(bundle) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(path: Path, files: Mapping[str, bytes]) -> Path:
    """Files as a bundle, whatever they say."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def signed_anew(
    files: Mapping[str, bytes],
    signer: Signer,
    change: Callable[[dict[str, Any]], None] = lambda _: None,
) -> dict[str, bytes]:
    """The files as somebody would forge them who holds the key: digests and all."""
    said = json.loads(files[CERTIFICATE])
    said["files"] = {name: digest_of(files[name]) for name in said["files"]}
    change(said)
    text = canonical(said)
    return {**files, CERTIFICATE: text, SIGNATURE: signer.sign(text)}
