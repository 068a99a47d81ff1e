"""The review workbook as a whole: which sheets, in which order, and what is open.

For people who will never open Dagster (G20). Not here: a single sheet (``review_sheets``),
writing (``workbook``).
"""

import hashlib
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Named
from itertools import count
from pathlib import Path

import polars as pl

from kartra_freshsales.freshsales.metadata import User
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales.mapping.word_tables import word_tables
from kartra_freshsales.reports import review_sheets as sheets
from kartra_freshsales.reports.open_points import ROWS_NOT_MOVING, not_moving
from kartra_freshsales.reports.tables import Table, table
from kartra_freshsales.reports.workbook import Sheet, write_workbook

FILE = "review.xlsx"
TITLE = "Review before the migration"
NOTES = (
    "Every sheet is a table: filter it, and read it beside the files of reports/.",
    "Yellow cells are yours: what stands in them is decided now. The rest is locked.",
    "Save it under another name before you decide: each preparation writes a new one.",
)
_STATES = ("loaded", "merged", "excluded", "suppressed", "quarantined")
_STATES_SHOWN = {
    "_batch": "batch",
    "_kind": "export",
    "rows": "rows in",
    "loaded": "became a record",
    "merged": "merged into one",
    "excluded": "left out by rule",
    "suppressed": "left out by decision",
    "quarantined": "unreadable or set aside",
}
Frames = Named[str, pl.DataFrame]


def write_review(path: Path, sheets: Sequence[Sheet], decided: Mapping) -> Path | None:
    """Write the workbook, and never over one that a person has decided in.

    Args:
        path: where.
        sheets: of ``review_sheets``.
        decided: the decisions that they show.

    Returns:
        Where the workbook that lay there was put, if somebody had changed it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    mark = path.with_name(f".{path.stem}.sha256")
    kept = None
    if path.exists() and (not mark.exists() or mark.read_text("utf-8") != _sha256(path)):
        kept = next(
            free
            for number in count(1)
            if not (free := path.with_stem(f"{path.stem}-edited-{number}")).exists()
        )
        path.replace(kept)
    write_workbook(path, sheets, title=TITLE, notes=NOTES, fingerprint=decided.digest())
    mark.write_text(_sha256(path), encoding="utf-8")
    return kept


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def active(users: Iterable[User]) -> list[str]:
    """Addresses of those who can own records."""
    return sorted(user.email for user in users if user.is_active and user.email)


def words_met(contacts: pl.DataFrame, totals: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Words of the exports with the records that have them, by the table they belong to.

    Args:
        contacts: golden contacts.
        totals: of ``transforms.totals``.
    """
    columns = {
        "GDPR status": "gdpr_status",
        "GDPR communications": "gdpr_communications",
        "Mail status": "mail_status",
    }
    met = {
        name: dict(
            contacts.drop_nulls(column).group_by(column).len().sort(column).iter_rows()
        )
        for name, column in columns.items()
    }
    types = totals.drop_nulls("type").group_by("type").agg(pl.col("count").sum())
    return {**met, "Transaction type": dict(types.sort("type").iter_rows())}


def review_sheets(frames: Frames, decided: Mapping, users: Sequence[str]) -> list[Sheet]:
    """Every sheet of the workbook, in the order to read.

    Args:
        frames: of the assets ``source_rows, contacts, mapping_coverage,
            mapping_proposal, tag_taxonomy, owner_map, duplicate_proposals,
            flagged_contacts, records_to_review, transaction_totals, totals_compared``;
            ``word_tables`` as of ``mapping.word_tables``.
        decided: the decisions.
        users: addresses of the active users of the account.
    """
    contacts = frames["contacts"]
    return [
        _batches(frames["source_rows"]),
        sheets.mapping_sheet(frames["mapping_coverage"], frames["mapping_proposal"]),
        sheets.words_sheet(frames["word_tables"]),
        sheets.tags_sheet(frames["tag_taxonomy"], decided.tags),
        sheets.lists_sheet(contacts, decided.lists),
        sheets.owners_sheet(frames["owner_map"], decided),
        sheets.consent_sheet(contacts),
        sheets.duplicates_sheet(frames["duplicate_proposals"]),
        sheets.suppression_sheet(frames["flagged_contacts"], decided.source.suppress),
        _flagged(frames["flagged_contacts"]),
        _to_review(frames["records_to_review"]),
        _rows_not_moving(frames["source_rows"]),
        _totals(frames["transaction_totals"]),
        _compared(frames["totals_compared"]),
        sheets.users_sheet(users),
    ]


def words_of(frames: Frames, decided: Mapping) -> pl.DataFrame:
    """The word tables with the words of the exports counted in."""
    met = words_met(frames["contacts"], frames["transaction_totals"])
    return word_tables(decided, met)


def _counts(source_rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of each batch and export, and how many of them are in each state."""
    return (
        source_rows.group_by("_batch", "_kind")
        .agg(
            pl.len().cast(pl.Int64).alias("rows"),
            *(
                (pl.col("state") == word).sum().cast(pl.Int64).alias(word)
                for word in _STATES
            ),
        )
        .sort("_batch", "_kind")
    )


def batches_table(source_rows: pl.DataFrame) -> Table:
    """Rows in and where they went, per batch and export.

    Args:
        source_rows: the ledger of rows.
    """
    return table(_counts(source_rows), _STATES_SHOWN, caption="Batches", limit=300)


def _batches(source_rows: pl.DataFrame) -> Sheet:
    return Sheet(
        "Batches",
        "Rows of each batch and where they went; every row is counted once.",
        "Look whether the counts are those you expect.",
        _counts(source_rows),
        _STATES_SHOWN,
    )


def _flagged(flags: pl.DataFrame) -> Sheet:
    headings = {
        "flag": "is", "batch": "batch", "file": "file", "row": "line", "why": "why",
        "decide": "how to decide",
    }  # fmt: skip
    return Sheet(
        "Flagged contacts",
        "The contacts of the groups in Suppression, by their newest line.",
        "Look at a few before you decide about a group.",
        flags,
        headings,
        file="flagged_contacts.csv",
    )


def _to_review(review: pl.DataFrame) -> Sheet:
    headings = {
        "batch": "batch", "file": "file", "row": "line", "problem": "problem",
        "remedy": "what to do",
    }  # fmt: skip
    return Sheet(
        "Rows to review",
        "Lines without an e-mail, a name or a usable phone number, and possible doubles.",
        "Correct them in Kartra and export again, or accept them.",
        review,
        headings,
        file="records_to_review.csv",
    )


def _rows_not_moving(source_rows: pl.DataFrame) -> Sheet:
    headings = {
        "kind": "export", "batch": "batch", "file": "file", "line": "line",
        "state": "state", "reason": "reason", "remedy": "what to do",
    }  # fmt: skip
    return Sheet(
        "Rows not moving",
        "Lines that were unreadable, set aside, or left out by rule or decision.",
        "Correct what should move in Kartra or in the file, and export again.",
        not_moving(source_rows),
        headings,
        file=ROWS_NOT_MOVING,
    )


def _totals(totals: pl.DataFrame) -> Sheet:
    return Sheet(
        "Totals",
        "Transactions of the exports by type, month, currency and product.",
        "Compare them with Kartra's screens. Currencies are never added up.",
        totals,
        {name: name for name in totals.columns},
        file="totals_by_month.csv",
    )


def _compared(compared: pl.DataFrame) -> Sheet:
    headings = {
        "what": "what", "kartra": "Kartra's screen", "files": "exports",
        "difference": "difference", "note": "note",
    }  # fmt: skip
    return Sheet(
        "Totals compared",
        "Figures typed into mappings/totals.yaml beside those of the exports.",
        "Where they differ, an export is missing or was cut short.",
        compared,
        headings,
        file="totals_compared.csv",
    )
