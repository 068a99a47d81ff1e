"""What is wrong with the exports, gathered from the frames that the stages left behind.

One line per file, fault and column, with the first place and what to do. No values of rows.
Not here: finding anything out (``kartra``, ``transforms``), showing it (``shown``).
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from kartra_freshsales.kartra.model import HARMLESS

if TYPE_CHECKING:
    from kartra_freshsales.cli.journey import Journey

REPORT = "problems.csv"
KINDS = ("contacts", "transactions", "subscriptions", "activities", "attachments")
_ROWS = (
    "contact_rows", "transaction_rows", "subscription_rows", "activity_rows",
    "attachment_rows",
)  # fmt: skip
PROBLEMS: dict[str, type[pl.DataType]] = {
    "batch": pl.String,
    "file": pl.String,
    "line": pl.Int64,
    "column": pl.String,
    "problem": pl.String,
    "rows": pl.Int64,
    "remedy": pl.String,
}
_OF_A_FILE = ("batch", "file", "problem")
_HARMLESS = tuple(reason.value for reason in HARMLESS)


def of_batches(journey: "Journey", batches: Iterable[str]) -> pl.DataFrame:
    """``PROBLEMS`` of files, lines, cells and rows, as reading and cleaning found them."""
    found = [_of_batch(journey, batch) for batch in batches]
    return pl.concat(found) if found else pl.DataFrame(schema=PROBLEMS)


def of_merging(journey: "Journey") -> pl.DataFrame:
    """``PROBLEMS`` of rows that cleaning passed and merging could not place."""
    rows = [journey.frame(name) for name in _ROWS]
    return pl.concat([_of_rows(frame) for frame in rows])


def _of_batch(journey: "Journey", batch: str) -> pl.DataFrame:
    files = journey.frame("file_problems", batch)
    found = [
        files.select(
            pl.col("_batch").alias("batch"),
            pl.col("_file").alias("file"),
            pl.col("what").alias("problem"),
            "remedy",
        ),
        _of_warnings(batch, journey.runs.facts_of("file_problems", batch)),
    ]
    for kind in KINDS:
        unread = journey.frame(f"quarantined_{kind}", batch)
        found.append(_grouped(unread.filter(~pl.col("reason").is_in(_HARMLESS))))
        cleaned = journey.runs.facts_of(f"cleaned_{kind}", batch)
        found.append(_of_findings(batch, cleaned.get("found", ())))
        found.append(_of_rows(journey.frame(f"set_aside_{kind}", batch)))
    return pl.concat([_shaped(frame) for frame in found])


def _of_warnings(batch: str, facts: Mapping[str, Any]) -> pl.DataFrame:
    rows = [
        {"batch": batch, "file": file, "problem": warning}
        for file, warnings in facts.get("warnings", {}).items()
        for warning in warnings
    ]
    return pl.DataFrame(rows, schema={name: PROBLEMS[name] for name in _OF_A_FILE})


def _of_findings(batch: str, findings: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    rows = [
        (batch, f["file"], f["row"], f["column"], f["what"], f["count"], f["remedy"])
        for f in findings
    ]
    return pl.DataFrame(rows, schema=PROBLEMS, orient="row")


def _of_rows(states: pl.DataFrame) -> pl.DataFrame:
    return _shaped(_grouped(states.filter(pl.col("state") == "quarantined")))


def _grouped(rows: pl.DataFrame) -> pl.DataFrame:
    """One problem per file and reason of ``_batch, _file, _row, reason, remedy``."""
    return (
        rows.group_by("_batch", "_file", "reason", "remedy")
        .agg(pl.col("_row").min().alias("line"), pl.len().cast(pl.Int64).alias("rows"))
        .sort("_batch", "_file", "line", "reason")
        .select(
            pl.col("_batch").alias("batch"),
            pl.col("_file").alias("file"),
            "line",
            pl.col("reason").str.replace_all("_", " ").alias("problem"),
            "rows",
            "remedy",
        )
    )


def _shaped(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None).alias(name)).cast(dtype)
        for name, dtype in PROBLEMS.items()
    )
