"""Attachments: the rows of ``attachments.csv``, one golden record per file (S20).

A file is told by its digest and by what it belongs to: the same bytes go to the same record
once. What does not belong here: looking at the disk (``kartra``), room for files
(``planning``).
"""

import polars as pl

from kartra_freshsales.kartra.attached import EMPTY, MISSING, OUTSIDE
from kartra_freshsales.kartra.kinds import ExportKind
from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.mapping.decisions.activities import Attachments
from kartra_freshsales.transforms import emails, text
from kartra_freshsales.transforms.activities import (
    WHOSE,
    read_times,
    rungs_of,
    unknown_columns,
    with_whose,
)
from kartra_freshsales.transforms.columns import known_shape
from kartra_freshsales.transforms.deal_rows import record_states
from kartra_freshsales.transforms.newest import merged
from kartra_freshsales.transforms.records import (
    MOMENT,
    PROVENANCE,
    ROW_STATES,
    Cleaned,
    Golden,
    together,
)
from kartra_freshsales.transforms.set_aside import set_aside_rows

_KIND = str(ExportKind.ATTACHMENTS)
_LINES = ("email", "lead_id", "transaction_id", "original_name", "created_at",
          "description")  # fmt: skip
_MEGABYTE = 1_000_000

CLEANED: dict[str, pl.DataType] = {
    "path": pl.String(),
    "name": pl.String(),
    "sha256": pl.String(),
    "size": pl.Int64(),
    "created_at": MOMENT,
    "description": pl.String(),
    "transaction_id": pl.String(),
    "lead_id": pl.String(),
    "buyer_email": pl.String(),
    **PROVENANCE,
}
"""Cleaned rows; ``path`` is relative to the folder of ``_batch``, ``size`` in bytes."""

GOLDEN: dict[str, pl.DataType] = {
    "file_key": pl.String(),
    **CLEANED,
    "contact_key": pl.String(),
    "deal_key": pl.String(),
    "join_rung": pl.String(),
    "sources": pl.List(pl.String()),
}

_REASONS = {
    f"file_{MISSING}": (
        "quarantined",
        "Put the file at this path inside the batch folder, then run extract again.",
    ),
    f"file_{OUTSIDE}": (
        "quarantined",
        "Paths must stay inside the batch folder: copy the file there, correct the path.",
    ),
    f"file_{EMPTY}": ("quarantined", "The file has no bytes: bring it again."),
    "file_too_large": (
        "quarantined",
        "Freshsales takes no file of this size: split it, or keep it elsewhere.",
    ),
    "nobodys": (
        "quarantined",
        "Name the contact by e-mail address or lead_id, or the deal by transaction_id.",
    ),
}
_WHOSE = WHOSE | {
    "deal_not_found": (
        "quarantined",
        "No sale has this transaction id: export it, or name the contact instead.",
    ),
}


def clean_attachments(
    raw: pl.DataFrame, rules: SourceRules, decided: Attachments
) -> Cleaned:
    """Clean the raw attachment rows of a batch.

    Args:
        raw: a raw frame of attachments; may hold nothing but provenance columns.
        rules: how to read it.
        decided: how large a file may be.

    Returns:
        ``rows`` (``CLEANED``); ``set_aside`` with the reasons of ``_REASONS``.
    """
    shaped = known_shape(raw, ExportKind.ATTACHMENTS)
    frame, findings = text.clean_texts(shaped, _LINES, rules)
    times = read_times(frame, "created_at", rules)
    path = pl.col("path").str.strip_chars().str.replace_all("\\", "/", literal=True)
    frame = frame.with_columns(
        text.one_line(pl.col(_LINES)),
    ).with_columns(
        path.alias("path"),
        pl.col("original_name").alias("name"),
        pl.col("file_sha256").alias("sha256"),
        pl.col("file_size").cast(pl.Int64).alias("size"),
        times.utc.alias("created_at"),
        emails.key(frame["email"]).alias("buyer_email"),
    )
    frame = frame.with_columns(_reason(decided).alias("reason"))
    aside = frame.filter(pl.col("reason").is_not_null())
    return Cleaned(
        together([frame.filter(pl.col("reason").is_null())], CLEANED),
        set_aside_rows(aside, _KIND, _REASONS),
        (*findings, *times.findings, *unknown_columns(shaped, "attachments.csv")),
    )


def _reason(decided: Attachments) -> pl.Expr:
    nobody = pl.all_horizontal(pl.col("buyer_email", "lead_id", "transaction_id").is_null())
    state = pl.col("file_state").fill_null(MISSING)
    return (
        pl.when(state.is_in([MISSING, OUTSIDE, EMPTY]))
        .then(pl.format("file_{}", state))
        .when(pl.col("size") > decided.largest_mb * _MEGABYTE)
        .then(pl.lit("file_too_large"))
        .when(nobody)
        .then(pl.lit("nobodys"))
    )


def golden_attachments(
    cleaned: pl.DataFrame,
    contacts: pl.DataFrame,
    transactions: pl.DataFrame,
    rules: SourceRules,
    decided: Attachments,
) -> Golden:
    """Find whose each file is, and merge rows with the same bytes for the same record.

    Args:
        cleaned: ``CLEANED`` of any batches in any order.
        contacts: golden contacts.
        transactions: golden transactions, ``deal_key, transaction_id, contact_key``.
        rules: for the domains of test contacts.
        decided: whether files go along at all.

    Returns:
        ``records`` (``GOLDEN``) and ``row_states``; ``findings`` with the count of each
        rung. A file of a deal names its contact, too.
    """
    rows = together([cleaned], CLEANED).with_columns(pl.lit(None, pl.String).alias("owner"))
    placed = _with_deals(with_whose(rows, contacts, rules), transactions)
    if not decided.load:
        placed = placed.with_columns(
            pl.coalesce("reason", pl.lit("left_behind")).alias("reason")
        )
    whose = pl.coalesce("deal_key", "contact_key")
    kept = placed.filter(pl.col("reason").is_null()).with_columns(
        pl.format("file:{}:{}", whose, pl.col("sha256").str.head(16)).alias("file_key")
    )
    records, merged_rows = merged(kept.drop("reason"), "file_key")
    on_disk = pl.col("path").str.split("/").list.last()
    records = records.with_columns(pl.coalesce("name", on_disk).alias("name"))
    none = pl.DataFrame(schema={"deal_key": pl.String, "reason": pl.String})
    by_key = merged_rows.rename({"file_key": "deal_key"})
    states = [
        record_states(by_key, none, _KIND, _WHOSE),
        set_aside_rows(placed.filter(pl.col("reason").is_not_null()), _KIND, _WHOSE),
    ]
    return Golden(
        together([records], GOLDEN),
        together(states, ROW_STATES),
        findings=rungs_of(records),
    )


def _with_deals(rows: pl.DataFrame, transactions: pl.DataFrame) -> pl.DataFrame:
    """Rows that name a transaction belong to its deal, whoever they name besides."""
    deals = transactions.select(
        "transaction_id",
        "deal_key",
        pl.col("contact_key").alias("_contact"),
    ).unique("transaction_id", keep="first", maintain_order=True)
    joined = rows.join(deals, on="transaction_id", how="left", maintain_order="left")
    of_deal = pl.col("transaction_id").is_not_null()
    lost = pl.when(pl.col("deal_key").is_null()).then(pl.lit("deal_not_found"))
    return joined.with_columns(
        pl.when(of_deal).then(lost).otherwise("reason").alias("reason"),
        pl.when(of_deal).then("_contact").otherwise("contact_key").alias("contact_key"),
        pl.when(of_deal)
        .then(pl.lit("transaction_id"))
        .otherwise("join_rung")
        .alias("join_rung"),
    ).drop("_contact")
