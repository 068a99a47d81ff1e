"""The tables of an evidence bundle: which columns each has, written and read again.

Every cell is safe to open in a spreadsheet; no cell names a person, but for who approved.
Not here: where the figures come from (``evidence``), checking them (``evidence_check``).
"""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import polars as pl

from kartra_freshsales.ledger import chain_record
from kartra_freshsales.ledger.chain_record import ChainRecord
from kartra_freshsales.reconcile.conservation import STATES
from kartra_freshsales.reconcile.reckoning import Reckoning
from kartra_freshsales.reconcile.spot_sample import SAMPLE
from kartra_freshsales.reconcile.sums import MEASURES
from kartra_freshsales.reports.masking import masked_values
from kartra_freshsales.reports.tables import csv_text

RECORD = "record"
"""Stands for a record's source key: the same name for the same record in every table."""

_INTENTS = [name for name in chain_record.INTENTS if name != "source_key"]
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "source_rows.csv": (
        "export", "batch", "file", "row", "state", "reason", RECORD,
    ),
    "conservation.csv": ("kind", "batch", "rows", *STATES, "balanced"),
    "comparison.csv": (
        "module", RECORD, "batch", "freshsales_id", "source_row", "field", "sent", "read",
        "verdict", "normalisation", "cause",
    ),
    "records.csv": (
        "module", RECORD, "batch", "role", "outcome", "freshsales_id", "reason", "remedy",
        "source_row",
    ),
    "open_records.csv": ("module", RECORD, "batch", "why"),
    "sums.csv": (
        "by", "currency", "group",
        *(f"{name}_{side}" for name in MEASURES for side in ("source", "seen")), "equal",
    ),
    "links.csv": (
        "module", RECORD, "freshsales_id", "problem", "expected", "found", "source_row",
    ),
    "spot_check.csv": tuple(
        RECORD if name == "source_key" else name for name in SAMPLE
    ),
    "plans.csv": ("batch", "module", "operation", "records", "digest"),
    "approvals.csv": tuple(chain_record.APPROVALS),
    "intents.csv": (*_INTENTS, RECORD),
    "events.csv": tuple(chain_record.EVENTS),
}  # fmt: skip
"""Each table of the bundle and its columns."""

_VERBATIM = frozenset(
    {
        RECORD, "hash", "content_hash", "payload_digest", "digest", "run", "group_key",
        "batch", "sent", "read", "approved_by",
    }
)  # fmt: skip
"""Hidden already, made by machines, or meant to be read."""

_NUMBERS = frozenset(
    {
        "row", "rows", *STATES, "freshsales_id", "records", "deals_source", "deals_seen",
        "id", "position", "intent_id", "planned_us", "at_us", "fields", "agree",
    }
)  # fmt: skip
_ROWS_AT_ONCE = 200_000
_FLAGS = frozenset({"balanced", "equal"})


def _first_source(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col("sources").list.first().alias("source_row"))


def tables(
    reckoning: Reckoning,
    record: ChainRecord,
    plans: pl.DataFrame,
    sample: pl.DataFrame,
    pseudonym: Callable[[str], str],
) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Every table as CSV in pieces, the same bytes for the same state.

    Args:
        reckoning: the closed books.
        record: the ledger's append-only record.
        plans: ``batch, module, operation, records, digest``.
        sample: of ``spot_sample``.
        pseudonym: what to call a record instead of by its source key.
    """
    frames = {
        "source_rows.csv": reckoning.rows.rename(
            {"_kind": "export", "_batch": "batch", "_file": "file", "_row": "row",
             "record_key": "source_key"}
        ),
        "conservation.csv": reckoning.equation,
        "comparison.csv": reckoning.comparison,
        "records.csv": reckoning.results,
        "open_records.csv": reckoning.still_open,
        "sums.csv": reckoning.sums,
        "links.csv": reckoning.orphans,
        "spot_check.csv": sample,
        "plans.csv": plans,
        "approvals.csv": record.approvals,
        "intents.csv": record.intents,
        "events.csv": record.events,
    }  # fmt: skip
    names = _names(frames.values(), pseudonym)
    for name, frame in sorted(frames.items()):
        yield name, _pieces(frame, COLUMNS[name], names)


def _names(frames: Iterable[pl.DataFrame], pseudonym: Callable[[str], str]) -> pl.DataFrame:
    keys = [
        frame.select(pl.col("source_key").unique())
        for frame in frames
        if "source_key" in frame.columns
    ]
    distinct = pl.concat(keys).drop_nulls().unique().sort("source_key")
    return distinct.with_columns(
        pl.Series(RECORD, [pseudonym(key) for key in distinct["source_key"]], pl.String)
    )


def _pieces(
    frame: pl.DataFrame, columns: tuple[str, ...], names: pl.DataFrame
) -> Iterator[bytes]:
    """A table in pieces: that of all fields may be longer than memory holds twice."""
    for start in range(0, max(frame.height, 1), _ROWS_AT_ONCE):
        text = _csv(_handed_on(frame.slice(start, _ROWS_AT_ONCE), names), columns)
        yield (text if start == 0 else text.partition("\n")[2]).encode()


def _handed_on(rows: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Rows with nobody's name in them, and with the first of their source rows."""
    if "sources" in rows.columns:
        rows = rows.with_columns(pl.col("sources").list.first().alias("source_row"))
    if "field" in rows.columns:
        rows = rows.with_columns(masked_values(n, "field") for n in ("sent", "read"))
    if "source_key" in rows.columns:
        rows = rows.join(names, on="source_key", how="left", maintain_order="left")
    return rows


def _csv(frame: pl.DataFrame, columns: tuple[str, ...]) -> str:
    verbatim = [name for name in columns if name in _VERBATIM]
    return csv_text(frame.select(columns), verbatim=verbatim)


def read_table(name: str, text: bytes, only: Sequence[str] | None = None) -> pl.DataFrame:
    """One table of a bundle, with the types it was written with (days and money as text).

    Args:
        name: which table.
        text: its file.
        only: the columns wanted; all without.

    Raises:
        polars.exceptions.PolarsError: it has other columns, or a cell that does not fit.
    """
    schema: dict[str, pl.DataType] = {
        column: pl.Int64() if column in _NUMBERS
        else pl.Boolean() if column in _FLAGS
        else pl.String()
        for column in COLUMNS[name]
    }  # fmt: skip
    if text.partition(b"\n")[0].decode() != ",".join(COLUMNS[name]):
        raise pl.exceptions.SchemaError(f"{name} has other columns")
    return pl.read_csv(io.BytesIO(text), schema=schema, columns=only, infer_schema=False)


def read_chain(
    content: Callable[[str], bytes], ends: Mapping[str, int | str]
) -> ChainRecord:
    """The append-only record out of a bundle's tables."""
    # The ledger knows no null text, a CSV file no empty one.
    intents, events, approvals = (
        read_table(name, content(name)).with_columns(pl.col(pl.String).fill_null(""))
        for name in ("intents.csv", "events.csv", "approvals.csv")
    )
    return ChainRecord(intents, events, approvals, ends)
