"""What we wrote beside what now stands there, one row per field.

Equality and its named rewrites are decided by ``freshsales.comparison``; this module only
lines the two records up. Not here: causes, thresholds, totals.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import polars as pl

from kartra_freshsales.freshsales.comparison import Verdict, same
from kartra_freshsales.reconcile.references import (
    REFERENCES,
    Ids,
    expected_id,
    known_ids,
    read_ids,
)
from kartra_freshsales.reconcile.values import as_text, columns, flat

Judge = Callable[[str, object, object], Verdict]

EQUAL, NORMALISED, DIFFERENT, MISSING = "equal", "normalised", "different", "missing"

SCHEMA: dict[str, pl.DataType] = {
    "module": pl.String(),
    "source_key": pl.String(),
    "freshsales_id": pl.Int64(),
    "field": pl.String(),
    "sent": pl.String(),
    "read": pl.String(),
    "verdict": pl.String(),
    "normalisation": pl.String(),
    "sources": pl.List(pl.String()),
}


@dataclass
class _Fields:
    """The growing columns: one entry per field, the record by its index."""

    record: list[int] = field(default_factory=list)
    name: list[str] = field(default_factory=list)
    sent: list[str | None] = field(default_factory=list)
    read: list[str | None] = field(default_factory=list)
    verdict: list[str] = field(default_factory=list)
    normalisation: list[str | None] = field(default_factory=list)

    def add(
        self,
        record: int,
        name: str,
        sent: object,
        read: object,
        judged: tuple[str, str | None],
    ) -> None:
        self.record.append(record)
        self.name.append(name)
        self.sent.append(as_text(sent))
        self.read.append(as_text(read))
        self.verdict.append(judged[0])
        self.normalisation.append(judged[1])

    def frame(self) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "_record": self.record,
                "field": self.name,
                "sent": self.sent,
                "read": self.read,
                "verdict": self.verdict,
                "normalisation": self.normalisation,
            },
            schema={
                "_record": pl.UInt32(),
                "field": pl.String(),
                "sent": pl.String(),
                "read": pl.String(),
                "verdict": pl.String(),
                "normalisation": pl.String(),
            },
        )


def _blank(value: object) -> bool:
    return value is None or value in ("", [])


def _judge(key: str, sent: object, read: object, judge: Judge) -> tuple[str, str | None]:
    if sent == read and type(sent) is type(read):
        return EQUAL, None
    verdict = judge(key, sent, read)
    if verdict.equal:
        return (
            (NORMALISED, verdict.normalisation) if verdict.normalisation else (EQUAL, None)
        )
    return (MISSING if _blank(read) else DIFFERENT), None


def _judge_link(
    key: str, sent: object, record: Mapping[str, object], known: Ids
) -> tuple[object, tuple[str, str | None]]:
    found = read_ids(REFERENCES[key], record)
    wanted = expected_id(REFERENCES[key], sent, known)
    if not found:
        return None, (MISSING, None)
    if wanted is not None and wanted in found:
        return wanted, (EQUAL, None)
    return sorted(found), (DIFFERENT, None)


def _compare_record(
    fields: _Fields,
    *,
    number: int,
    sent: Mapping[str, object],
    seen: str | None,
    known: Ids,
    judge: Judge,
) -> None:
    if seen is None:
        for key, value in sent.items():
            fields.add(number, key, value, None, (MISSING, None))
        return
    record = flat(seen)
    for key, value in sent.items():
        if key in REFERENCES:
            read, judged = _judge_link(key, value, record, known)
        else:
            read = record.get(key)
            judged = _judge(key, value, read, judge)
        fields.add(number, key, value, read, judged)


def _records(sent: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    """One row per record sent, with what was read of it (null when it was not found)."""
    read = (
        seen.filter(pl.col("seen").is_not_null())
        .select(
            pl.col("module").cast(pl.String),
            pl.col("source_key").cast(pl.String),
            pl.col("freshsales_id").cast(pl.Int64, strict=False),
            pl.col("seen").cast(pl.String),
        )
        .unique(("module", "source_key"), keep="last", maintain_order=True)
    )
    sources = (
        pl.col("sources").cast(pl.List(pl.String))
        if "sources" in sent.columns
        else pl.lit([], dtype=pl.List(pl.String)).alias("sources")
    )
    return (
        sent.select(
            pl.col("module").cast(pl.String),
            pl.col("source_key").cast(pl.String),
            pl.col("written").cast(pl.String),
            sources,
        )
        .join(read, on=("module", "source_key"), how="left", maintain_order="left")
        .with_row_index("_record")
    )


def compare_records(
    sent: pl.DataFrame,
    seen: pl.DataFrame,
    *,
    references: pl.DataFrame | None = None,
    judge: Judge = same,
) -> pl.DataFrame:
    """Compare each field that was sent with what stands in the destination now.

    Args:
        sent: ``module, source_key, written`` (flat record, JSON text) and ``sources``.
        seen: ``module, source_key, freshsales_id, seen`` (flat record, JSON text). A record
            that is absent here, or whose ``seen`` is null, counts as not found.
        references: ``module, source_key, freshsales_id`` to resolve links that ``sent``
            names by source key; ``seen`` itself unless given.
        judge: who decides whether two values mean the same.

    Returns:
        One row per field sent: ``module, source_key, freshsales_id, field, sent, read,
        verdict, normalisation, sources``. The verdict is ``equal``, ``normalised`` (equal
        through the rewrite named in ``normalisation``), ``different`` or ``missing``.
    """
    records = _records(sent, seen)
    known = known_ids(seen if references is None else references)
    fields = _Fields()
    for number, written, read in columns(records, ("_record", "written", "seen")):
        text = None if read is None else str(read)
        _compare_record(
            fields,
            number=_number(number),
            sent=flat(_text(written)),
            seen=text,
            known=known,
            judge=judge,
        )
    return (
        fields.frame()
        .join(records, on="_record", how="left", maintain_order="left")
        .select([pl.col(name).cast(dtype) for name, dtype in SCHEMA.items()])
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def verdict_counts(comparison: pl.DataFrame) -> pl.DataFrame:
    """Fields by ``module, verdict, normalisation``, biggest first within a module."""
    return (
        comparison.group_by("module", "verdict", "normalisation")
        .agg(pl.len().cast(pl.Int64).alias("fields"))
        .sort(
            "module",
            "fields",
            "verdict",
            "normalisation",
            descending=[False, True, False, False],
        )
    )
