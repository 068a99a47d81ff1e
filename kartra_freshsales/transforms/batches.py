"""What the exports of all batches cover: rows, keys, days, what they share (S74-S76).

Keys are counted and never leave: an e-mail is somebody's. No guess is made at a limit of
Kartra's exports, for none is known. Not here: columns (``export_columns``), the merge of
batches (``survivorship``, ``golden_deals``), where a row ended (``conservation``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from kartra_freshsales.kartra.kinds import ExportKind
from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.transforms import emails
from kartra_freshsales.transforms.columns import known_shape
from kartra_freshsales.transforms.dates import read_moments
from kartra_freshsales.transforms.text import clean_column, without_null_words

GAP_DAYS = 28
"""Days without any transaction that are worth a look: an export of one month that is
missing leaves at least the days of a February."""

MANIFEST: dict[str, pl.DataType] = {
    "kind": pl.String(),
    "batch": pl.String(),
    "file": pl.String(),
    "rows": pl.Int64(),
    "keys": pl.Int64(),
    "only_here": pl.Int64(),
    "no_key": pl.Int64(),
    "first": pl.String(),
    "last": pl.String(),
    "undated": pl.Int64(),
    "exported_at": pl.Datetime("us", "UTC"),
}
OVERLAPS: dict[str, pl.DataType] = {
    "kind": pl.String(),
    "batch": pl.String(),
    "other_batch": pl.String(),
    "keys_in_both": pl.Int64(),
    "share_of_smaller": pl.Float64(),
}
GAPS: dict[str, pl.DataType] = {
    "kind": pl.String(),
    "after": pl.String(),
    "before": pl.String(),
    "days": pl.Int64(),
}
KEY_AND_DATE: Mapping[ExportKind, tuple[str, str]] = {
    ExportKind.CONTACTS: ("email", "date_joined"),
    ExportKind.TRANSACTIONS: ("id", "date"),
    ExportKind.SUBSCRIPTIONS: ("subscription_id", "start_date"),
}
"""What tells the records of a kind apart, and the day that each belongs to."""

_FILE = ("_batch", "_file")


@dataclass(frozen=True)
class Cover:
    """What the exports hold together.

    ``manifest``: one row per file, with its ``rows``, distinct ``keys``, those of them
    ``only_here`` and in no other file, rows with ``no_key``, ``first`` and ``last`` day
    (ISO, local to the Kartra account), rows ``undated`` because no day could be read.
    ``overlaps``: one row per pair of batches that share keys; ``share_of_smaller`` is above
    0 and at most 1. ``gaps``: days without any transaction ``after`` one day with some and
    ``before`` the next, unless the account's own rhythm explains them.
    """

    manifest: pl.DataFrame
    overlaps: pl.DataFrame
    gaps: pl.DataFrame


def cover(
    raw_by_kind: Mapping[ExportKind, pl.DataFrame],
    rules: SourceRules,
    *,
    gap_days: int = GAP_DAYS,
) -> Cover:
    """Count what each file and batch brought.

    Args:
        raw_by_kind: raw frames of all batches; may hold nothing but provenance columns.
        rules: how dates and empty cells are read.
        gap_days: fewer days in a row without any transaction are never a gap.
    """
    manifests, overlaps = [_none(MANIFEST)], [_none(OVERLAPS)]
    missing = _none(GAPS)
    for kind, raw in raw_by_kind.items():
        rows = _keyed(kind, raw, rules)
        manifests.append(_shaped(_manifest(rows), kind, MANIFEST))
        overlaps.append(_shaped(_overlaps(rows), kind, OVERLAPS))
        if kind is ExportKind.TRANSACTIONS:
            missing = _shaped(_gaps(rows["day"], gap_days), kind, GAPS)
    return Cover(pl.concat(manifests), pl.concat(overlaps), missing)


def _none(schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame(schema=dict(schema))


def _shaped(
    frame: pl.DataFrame, kind: ExportKind, schema: Mapping[str, pl.DataType]
) -> pl.DataFrame:
    named = frame.with_columns(pl.lit(str(kind)).alias("kind"))
    return named.select(pl.col(name).cast(dtype) for name, dtype in schema.items())


def _keyed(kind: ExportKind, raw: pl.DataFrame, rules: SourceRules) -> pl.DataFrame:
    """``_batch, _file, _exported_at, key, day`` of each row; key and day may be null."""
    key, date = KEY_AND_DATE[kind]
    frame = known_shape(raw, kind).select(*_FILE, "_row", "_exported_at", key, date)
    keys, _ = clean_column(frame[key], rules)
    if key == "email":
        keys = emails.key(keys)
    dated = frame.select(
        # Files of two batches may have one name, and each tells its own order of dates.
        pl.format("{}/{}", *_FILE).alias("_file"),
        "_row",
        without_null_words(pl.col(date), rules),
    )
    days = read_moments(dated, date, rules).local.dt.date()
    return frame.select(*_FILE, "_exported_at", keys.alias("key"), days.alias("day"))


def _manifest(rows: pl.DataFrame) -> pl.DataFrame:
    key, day = pl.col("key"), pl.col("day")
    holders = rows.select(*_FILE, "key").drop_nulls("key").unique()
    alone = holders.filter(key.is_unique()).group_by(_FILE).agg(pl.len().alias("only_here"))
    counted = rows.group_by(_FILE).agg(
        pl.len().alias("rows"),
        key.drop_nulls().n_unique().alias("keys"),
        key.null_count().alias("no_key"),
        day.min().dt.to_string("iso").alias("first"),
        day.max().dt.to_string("iso").alias("last"),
        day.null_count().alias("undated"),
        pl.col("_exported_at").first().alias("exported_at"),
    )
    return (
        counted.join(alone, on=_FILE, how="left")
        .with_columns(pl.col("only_here").fill_null(0))
        .rename({"_batch": "batch", "_file": "file"})
        .sort("batch", "file")
    )


def _overlaps(rows: pl.DataFrame) -> pl.DataFrame:
    """Pairs of batches that share keys.

    Keys become one flag per batch, and equal rows of flags are counted once: pairs of keys
    and batches side by side would outgrow the memory where segments overlap much.
    """
    held = rows.select(pl.col("_batch").alias("batch"), pl.col("key").alias("_key"))
    held = held.drop_nulls("_key").unique()
    sizes = held.group_by("batch").agg(pl.len().alias("keys")).sort("batch")
    batches = sizes["batch"].to_list()
    flags = held.with_columns(pl.lit(True).alias("_there")).pivot(
        "batch", index="_key", values="_there"
    )
    counted = flags.fill_null(False).group_by(batches).agg(pl.len().alias("_keys"))
    pairs = [pair for first in batches for pair in _shared(counted, batches, first)]
    names = ("batch", "other_batch", "keys_in_both")
    shared = pl.DataFrame(pairs, {name: OVERLAPS[name] for name in names}, orient="row")
    smaller = pl.min_horizontal("keys", "keys_other")
    return (
        shared.filter(pl.col("keys_in_both") > 0)
        .join(sizes, on="batch", maintain_order="left")
        .join(
            sizes,
            left_on="other_batch",
            right_on="batch",
            suffix="_other",
            maintain_order="left",
        )
        .with_columns((pl.col("keys_in_both") / smaller).alias("share_of_smaller"))
    )


def _shared(
    counted: pl.DataFrame, batches: Sequence[str], first: str
) -> list[tuple[str, str, int]]:
    """The batches after ``first`` in order, and how many keys each shares with it."""
    later = [batch for batch in batches if batch > first]
    if not later:
        return []
    sums = counted.filter(pl.col(first)).select(
        pl.col("_keys").filter(pl.col(batch)).sum().alias(batch) for batch in later
    )
    return [(first, batch, n) for batch, n in zip(later, sums.row(0), strict=True)]


def _gaps(days: pl.Series, gap_days: int) -> pl.DataFrame:
    """Runs of days without rows between the first and the last day, batches together.

    Failed payments count as rows too: a day that has any was exported. An account that
    sells seldom has long pauses by chance; twice the longest to be expected is allowed.
    """
    after, before = pl.col("after"), pl.col("before")
    known = pl.DataFrame({"after": days.drop_nulls().unique().sort()})
    steps = (
        known.with_columns(after.shift(-1).alias("before"))
        .drop_nulls("before")
        .with_columns((before - after).dt.total_days().alias("step"))
    )
    by_chance = pl.col("step").mean() * pl.len().cast(pl.Float64).log()
    return (
        steps.with_columns((pl.col("step") - 1).alias("days"))
        .filter((pl.col("days") >= gap_days) & (pl.col("step") >= 2 * by_chance))
        .with_columns(pl.col("after", "before").dt.to_string("iso"))
    )
