"""What cleaning and merging hand on: frames with their findings, frozen.

What does not belong here: how any of it is worked out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

MOMENT = pl.Datetime("us", "UTC")
MONEY = pl.Decimal(18, 2)

PROVENANCE: dict[str, pl.DataType] = {
    "_batch": pl.String(),
    "_file": pl.String(),
    "_row": pl.Int64(),
    "_exported_at": MOMENT,
}
SET_ASIDE: dict[str, pl.DataType] = {
    "_kind": pl.String(),
    "_batch": pl.String(),
    "_file": pl.String(),
    "_row": pl.Int64(),
    "state": pl.String(),
    "reason": pl.String(),
    "remedy": pl.String(),
}
ROW_STATES: dict[str, pl.DataType] = {
    "_kind": pl.String(),
    "_batch": pl.String(),
    "_file": pl.String(),
    "_row": pl.Int64(),
    "state": pl.String(),
    "reason": pl.String(),
    "record_key": pl.String(),
    "remedy": pl.String(),
}
ORIGINS: dict[str, pl.DataType] = {
    "contact_key": pl.String(),
    "field": pl.String(),
    "_batch": pl.String(),
    "_file": pl.String(),
    "_row": pl.Int64(),
}
CONFLICTS: dict[str, pl.DataType] = {
    "contact_key": pl.String(),
    "field": pl.String(),
    "values": pl.UInt32(),
    "_batch": pl.String(),
    "_file": pl.String(),
    "_row": pl.Int64(),
}


RECORDS_TABLE, ROW_STATES_TABLE = "records", "row_states"
ORIGINS_TABLE, CONFLICTS_TABLE = "origins", "conflicts"
"""The tables of a spool in which golden records and their story are kept."""


@dataclass(frozen=True)
class Finding:
    """Something a person should know about the source. Holds no value from a row.

    ``file`` and ``row`` point at the first place, ``count`` says how many cells or rows.
    """

    what: str
    file: str | None = None
    row: int | None = None
    column: str | None = None
    remedy: str = ""
    count: int = 1

    def __str__(self) -> str:
        """``file:row, column 'x': what (n times). remedy``."""
        place = self.file or ""
        if self.row is not None:
            place = f"{place}:{self.row}"
        where = ", ".join(
            part
            for part in (place, f"column {self.column!r}" if self.column else "")
            if part
        )
        text = f"{where}: {self.what}" if where else self.what
        times = f" ({self.count} times)" if self.count > 1 else ""
        return f"{text}{times}. {self.remedy}".strip()


@dataclass(frozen=True)
class Cleaned:
    """One kind of one batch, cleaned.

    ``rows`` go on; ``set_aside`` (see ``SET_ASIDE``) holds those that do not, with reasons.
    """

    rows: pl.DataFrame
    set_aside: pl.DataFrame
    warnings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Golden:
    """Golden records of one kind over all batches.

    ``row_states`` says where each cleaned row ended (``ROW_STATES``), ``origins`` which row
    gave a field (``ORIGINS``), ``conflicts`` where exports disagree (``CONFLICTS``).
    """

    records: pl.DataFrame
    row_states: pl.DataFrame
    origins: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ORIGINS))
    conflicts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CONFLICTS))
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class GoldenTables:
    """``Golden`` of any size: lazy frames over a spool."""

    records: pl.LazyFrame
    row_states: pl.LazyFrame
    origins: pl.LazyFrame = field(default_factory=lambda: pl.LazyFrame(schema=ORIGINS))
    conflicts: pl.LazyFrame = field(default_factory=lambda: pl.LazyFrame(schema=CONFLICTS))
    findings: tuple[Finding, ...] = ()

    def collected(self) -> Golden:
        """All of it in memory."""
        return Golden(
            self.records.collect(),
            self.row_states.collect(),
            self.origins.collect(),
            self.conflicts.collect(),
            self.findings,
        )


def summed(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings of several slices with each fault told once, at its first row."""
    told: dict[tuple[object, ...], Finding] = {}
    for each in findings:
        same = (each.what, each.file, each.column, each.remedy)
        first = told.get(same)
        if first is None:
            told[same] = each
        elif each.row is not None and first.row is not None:
            row, count = min(first.row, each.row), first.count + each.count
            told[same] = replace(first, row=row, count=count)
        elif each.file is None:
            told[same] = replace(first, count=first.count + each.count)
    return tuple(told.values())


def findings_by_file(
    places: pl.DataFrame, what: str, *, column: str | None, remedy: str
) -> list[Finding]:
    """One finding per file for rows that share a fault.

    Args:
        places: the rows, with ``_file`` and ``_row``.
        what: what is wrong with each.
        column: the column it concerns.
        remedy: what to do.
    """
    if places.is_empty():
        return []
    counted = places.group_by("_file").agg(pl.col("_row").min(), pl.len()).sort("_file")
    return [
        Finding(what, file=file, row=row, column=column, remedy=remedy, count=count)
        for file, row, count in counted.iter_rows()
    ]


def together(
    frames: Sequence[pl.DataFrame], schema: dict[str, pl.DataType]
) -> pl.DataFrame:
    """Frames below each other in a fixed shape; missing columns become null."""
    shaped = [
        frame.select(
            (pl.col(name) if name in frame.columns else pl.lit(None).alias(name)).cast(
                dtype
            )
            for name, dtype in schema.items()
        )
        for frame in frames
    ]
    return pl.concat(shaped) if shaped else pl.DataFrame(schema=schema)
