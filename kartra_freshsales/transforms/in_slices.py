"""Cleaning a batch of any size slice by slice, with what its whole files tell.

What does not belong here: what cleaning means (``contacts``, ``transactions``,
``subscriptions``).
"""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from kartra_freshsales.kartra.kinds import ExportKind
from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.transforms.contacts import clean_contacts, contact_evidence
from kartra_freshsales.transforms.records import Cleaned, Finding, summed
from kartra_freshsales.transforms.spool import Spool, height_of, slices
from kartra_freshsales.transforms.subscriptions import clean_subscriptions
from kartra_freshsales.transforms.transactions import (
    clean_transactions,
    transaction_evidence,
    unused_columns,
)

ROWS, SET_ASIDE = "rows", "set_aside"
Clean = Callable[[pl.DataFrame], Cleaned]


@dataclass(frozen=True)
class CleanedTables:
    """One kind of one batch, cleaned: as ``Cleaned``, with lazy frames over the spool."""

    rows: pl.LazyFrame
    set_aside: pl.LazyFrame
    warnings: tuple[Finding, ...]


def cleaned(
    kind: ExportKind, raw: pl.LazyFrame, rules: SourceRules, spool: Spool
) -> CleanedTables:
    """Clean the raw rows of one kind of a batch.

    Args:
        kind: which export.
        raw: its raw rows; may hold nothing but provenance columns.
        rules: how to read them.
        spool: where the slices are kept; its tables ``rows`` and ``set_aside`` are used.
    """
    table, clean, at_once = _prepared(kind, raw, rules, spool)
    findings: list[Finding] = []
    for part in slices(table, at_once):
        done = clean(part)
        spool.add(ROWS, done.rows)
        spool.add(SET_ASIDE, done.set_aside)
        findings += done.warnings
    return CleanedTables(spool.scan(ROWS), spool.scan(SET_ASIDE), summed(findings))


def _prepared(
    kind: ExportKind, raw: pl.LazyFrame, rules: SourceRules, spool: Spool
) -> tuple[pl.LazyFrame, Clean, int]:
    """The rows with the columns that count, how to clean a slice, and its most rows."""
    if kind is ExportKind.CONTACTS:
        told = contact_evidence(raw, rules)
        return raw, lambda part: clean_contacts(part, rules, told), spool.at_once
    if kind is ExportKind.TRANSACTIONS:
        told = transaction_evidence(raw, rules)
        wanted = raw.drop(unused_columns(rules), strict=False)
        return wanted, lambda part: clean_transactions(part, rules, told), spool.at_once
    # Whether a subscription without an id is the only one of its kind, all rows must tell.
    whole = max(height_of(raw), 1)
    return raw, lambda part: clean_subscriptions(part, rules), whole
