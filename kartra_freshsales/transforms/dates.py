"""Dates by a list of layouts; what does not fit is null and reported, never guessed.

Month names are English whatever the computer's locale. Numeric dates (3/4/2026) are read
only where their file tells the order: some first or second part is above 12, or the
operator decided. What does not belong here: which date of a record means what.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.transforms.records import Finding, findings_by_file

NAIVE = pl.Datetime("us")
Orders = Mapping[str, str]
"""File → day_first or month_first."""
_MONTHS_PER_YEAR = 12
_OLDEST = 1900
_NUMERIC = (
    r"^(?<first>\d{1,2})[/.\-](?<second>\d{1,2})[/.\-](?<year>\d{4})"
    r"(?:,?[ T]+(?<hour>\d{1,2}):(?<minute>\d{2})(?::(?<sec>\d{2}))?"
    r"\s*(?<half>[AaPp][Mm])?)?$"
)
_ADD_FORMAT = "Correct the cell, or add its layout to date_formats in mappings/source.yaml."
_UNREADABLE = "is no date in a known layout; the text is kept, the date is left empty"
_UNDECIDED = (
    "dates such as 3/4/2026 do not tell the day from the month; they are left empty"
)


@dataclass(frozen=True)
class Moments:
    """A column of account-local times without a zone, and what could not be read."""

    local: pl.Series
    findings: tuple[Finding, ...]


def read_moments(
    frame: pl.DataFrame, column: str, rules: SourceRules, orders: Orders | None = None
) -> Moments:
    """Read a text column (blanks already null) of a frame with ``_file`` and ``_row``.

    Args:
        frame: any rows.
        column: the column of texts.
        rules: the layouts, and the operator's decisions.
        orders: file → order of numeric dates; None learns them from these rows.
    """
    texts = frame.get_column(column).str.strip_chars()
    local = _by_formats(texts, rules.date_formats)
    numeric = _is_numeric(texts, local)
    findings: list[Finding] = []
    if numeric.any():
        cells = frame.select("_file", "_row", texts.alias("text")).with_row_index("at")
        cells = cells.filter(numeric)
        if orders is None:
            orders = _orders(cells, rules.numeric_dates.get(column))
        read, findings = _numeric(cells, column, orders)
        local = _filled(local, read)
    lost = frame.select("_file", "_row").filter(
        texts.is_not_null() & local.is_null() & ~numeric
    )
    findings += findings_by_file(lost, _UNREADABLE, column=column, remedy=_ADD_FORMAT)
    return Moments(local.alias(column), tuple(findings))


def orders_told(cells: pl.DataFrame, column: str, rules: SourceRules) -> Orders:
    """The order of numeric dates in each file.

    Args:
        cells: ``_file`` and the column as clean text, every text of a file.
        column: which one.
        rules: the layouts, and the operator's decision.
    """
    texts = cells.get_column(column).str.strip_chars()
    numeric = _is_numeric(texts, _by_formats(texts, rules.date_formats))
    found = cells.select("_file", texts.alias("text")).filter(numeric)
    return _orders(found, rules.numeric_dates.get(column))


def _is_numeric(texts: pl.Series, read: pl.Series) -> pl.Series:
    """Which texts no layout could read and are dates in figures."""
    figures = pl.col("text").str.contains(_NUMERIC).fill_null(False)
    frame = pl.DataFrame({"text": texts, "read": read})
    return frame.select(pl.col("read").is_null() & figures).to_series()


def _by_formats(texts: pl.Series, formats: tuple[str, ...]) -> pl.Series:
    """Each text read by the first format that fits; later formats see only the rest."""
    local = pl.Series(texts.name, [None], dtype=NAIVE).new_from_index(0, len(texts))
    rest = pl.DataFrame({"text": texts}).with_row_index("at").drop_nulls("text")
    for layout in formats:
        if rest.is_empty():
            break
        read = pl.col("text").str.to_datetime(layout, time_unit="us", strict=False)
        tried = rest.with_columns(read.alias("read")).with_columns(
            pl.when(pl.col("read").dt.year() >= _OLDEST).then("read")
        )
        fitting = tried.drop_nulls("read")
        if fitting.height == len(texts):
            return fitting["read"].alias(texts.name)
        local = _filled(local, fitting.select("at", "read")) if fitting.height else local
        rest = tried.filter(pl.col("read").is_null()).select("at", "text")
    return local.alias(texts.name)


def _numeric(
    cells: pl.DataFrame, column: str, orders: Orders
) -> tuple[pl.DataFrame, list[Finding]]:
    """Numeric dates (``at, text, _file, _row``) by the order their file tells.

    Returns:
        ``at, read`` (null where the order or the day does not exist), and findings.
    """
    read = (
        _in_parts(cells)
        .with_columns(
            pl.col("_file")
            .replace_strict(dict(orders), default=None, return_dtype=pl.String)
            .alias("order")
        )
        .with_columns(_assembled().alias("read"))
    )
    undecided = pl.col("order").is_null()
    findings = findings_by_file(
        read.filter(undecided),
        _UNDECIDED,
        column=column,
        remedy=f"Write numeric_dates: {{{column}: day_first}} (or month_first) in "
        "mappings/source.yaml, or export again without opening the file in a spreadsheet.",
    )
    lost = read.filter(~undecided & pl.col("read").is_null())
    findings += findings_by_file(lost, _UNREADABLE, column=column, remedy=_ADD_FORMAT)
    return read.select("at", "read"), findings


def _in_parts(cells: pl.DataFrame) -> pl.DataFrame:
    parts = pl.col("text").str.extract_groups(_NUMERIC).alias("parts")
    return cells.with_columns(parts).unnest("parts")


def _filled(local: pl.Series, read: pl.DataFrame) -> pl.Series:
    """The moments with those of ``read`` (``at, read``) put where they are null."""
    frame = pl.DataFrame({"local": local}).with_row_index("at")
    joined = frame.join(read, on="at", how="left", maintain_order="left")
    return joined.select(pl.coalesce("local", "read")).to_series()


def _orders(cells: pl.DataFrame, decided: str | None) -> Orders:
    """day_first or month_first by file; a file that does not tell is not in it."""
    first = (pl.col("first").cast(pl.Int64) > _MONTHS_PER_YEAR).any()
    second = (pl.col("second").cast(pl.Int64) > _MONTHS_PER_YEAR).any()
    told = (
        pl.when(first & ~second)
        .then(pl.lit("day_first"))
        .when(second & ~first)
        .then(pl.lit("month_first"))
    )
    order = pl.lit(decided, pl.String).first() if decided else told
    found = _in_parts(cells).group_by("_file").agg(order.alias("order"))
    return dict(found.drop_nulls("order").iter_rows())


def _assembled() -> pl.Expr:
    """The parts as a moment; null where they name no day or time that exists."""
    day_first = pl.col("order") == "day_first"
    day = pl.when(day_first).then("first").otherwise("second")
    month = pl.when(day_first).then("second").otherwise("first")
    hour = pl.col("hour").cast(pl.Int64)
    half = pl.col("half").str.to_lowercase()
    of_day = (
        pl.when(half.is_null() & (hour < 24))  # noqa: PLR2004
        .then(hour)
        .when(hour.is_between(1, 12))
        .then(hour % 12 + pl.when(half == "pm").then(12).otherwise(0))
    )
    time = pl.format("{}:{}:{}", of_day, "minute", pl.col("sec").fill_null("0"))
    clock = pl.when(hour.is_null()).then(pl.lit("0:0:0")).otherwise(time)
    text = pl.format("{}-{}-{} {}", "year", month, day, clock)
    moment = text.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
    return pl.when(pl.col("order").is_not_null()).then(moment)


def to_utc(local: pl.Expr, zone: str) -> pl.Expr:
    """Account-local times in UTC.

    An hour that the clock shows twice is read as the first; one it skips, an hour later.
    """

    def placed(moment: pl.Expr) -> pl.Expr:
        return moment.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")

    return pl.coalesce(
        placed(local), placed(local.dt.offset_by("1h"))
    ).dt.convert_time_zone("UTC")
