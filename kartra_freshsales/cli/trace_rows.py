"""Source rows by what a person typed, and their cells as the exports hold them (G11).

Frames are scanned and filtered, never read whole. Not here: what became of the rows'
records (``trace_story``).
"""

import re
from collections.abc import Iterable, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import polars as pl

from kartra_freshsales.cli.problems import KINDS
from kartra_freshsales.transforms.emails import key as email_key
from kartra_freshsales.transforms.records import PROVENANCE

if TYPE_CHECKING:
    from kartra_freshsales.cli.journey import Journey

_PLACE = re.compile(r"(?P<file>.+):(?P<row>\d{1,12})")
_SOURCE = re.compile(r"(?P<batch>[^/]*)/(?P<file>.*):(?P<row>\d+)")
_IDS = {
    "contacts": ("kartra_id",),
    "transactions": ("id", "subscription_id"),
    "subscriptions": ("subscription_id",),
}
_EMAILS = {"contacts": ("email",), "transactions": ("buyer_email",),
           "subscriptions": ("buyer_email",)}  # fmt: skip
_AT = ("_batch", "_file", "_row")
_LINE = pl.format("{}/{}:{}", *_AT)
_MOST_ROWS = 50
"""Rows of one record whose cells are read; a large company has thousands."""


def scanned(journey: "Journey", asset: str, batch: str | None = None) -> pl.LazyFrame:
    """What an asset last returned, lazily; a frame without columns where it never did."""
    path = journey.path_of(asset, batch)
    # A path may hold brackets, which are no pattern here.
    return pl.scan_parquet(path, glob=False) if path.exists() else pl.LazyFrame()


def rows_of(
    journey: "Journey",
    key: str,
    record_keys: Iterable[str] = (),
    sources: Iterable[str] = (),
) -> list[dict[str, Any]]:
    """Every source row that a key means, with where it ended and why.

    Args:
        journey: the workspace.
        key: ``batch/file:line``, ``file:line``, an e-mail address, or an id of Kartra.
        record_keys: source keys of records whose rows are wanted as well.
        sources: rows as ``batch/file:row`` that are wanted as well.
    """
    ledger = scanned(journey, "source_rows")
    if not ledger.collect_schema():
        return []
    own = pl.col("record_key").is_in(list(record_keys)) | _LINE.is_in(list(sources))
    if (place := _PLACE.fullmatch(key.strip())) is not None:
        own |= _at_place(place["file"], int(place["row"]))
    found = [ledger.filter(own).collect()]
    named = _by_value(journey, key.strip())
    if not named.is_empty():
        found.append(ledger.join(named.lazy(), on=["_kind", *_AT], how="semi").collect())
    rows = pl.concat(found).unique(["_kind", *_AT]).sort("_kind", *_AT)
    return [_told(row) for row in rows.iter_rows(named=True)]


def _at_place(file: str, row: int) -> pl.Expr:
    """Files are named with their batch, without it, or by the end of their path."""
    whole = pl.format("{}/{}", "_batch", "_file")
    ends = whole.str.ends_with(f"/{file}")
    return (pl.col("_row") == row) & ((whole == file) | ends)


def _by_value(journey: "Journey", key: str) -> pl.DataFrame:
    """``_kind, _batch, _file, _row`` of rows that hold the key as their address or id.

    Rows that never became a record have no other way to be found.
    """
    address = email_key(pl.Series([key])).item() if "@" in key else None
    columns = _EMAILS if address else _IDS
    found = [pl.DataFrame(schema={"_kind": pl.String(), **_places()})]
    for kind, batch in product(KINDS, journey.workspace.batches()):
        raw = scanned(journey, f"raw_{kind}", batch)
        there = [name for name in columns.get(kind, ()) if name in raw.collect_schema()]
        if there:
            held = pl.any_horizontal(_holds(name, key, address) for name in there)
            rows = raw.filter(held).select(pl.lit(kind).alias("_kind"), *_AT).collect()
            found.append(rows)
    return pl.concat(found)


def _holds(column: str, key: str, address: str | None) -> pl.Expr:
    cell = pl.col(column).str.strip_chars()
    return cell == key if address is None else cell.str.to_lowercase() == address


def _places() -> dict[str, pl.DataType]:
    return {name: PROVENANCE[name] for name in _AT}


def _told(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "row": f"{row['_batch']}/{row['_file']}:{row['_row']}",
        "export": row["_kind"],
        "state": row["state"],
        "reason": row["reason"],
        "record": row["record_key"],
        "remedy": row["remedy"],
    }


def cells_of(
    journey: "Journey", kind: str, sources: Sequence[str]
) -> dict[str, dict[str, str]]:
    """``batch/file:row`` → column → cell, blanks left out, in the order of ``sources``.

    Args:
        journey: the workspace.
        kind: which export the rows are of.
        sources: rows, the newest first; of very many only the newest are read.
    """
    wanted: dict[str, list[tuple[str, int]]] = {}
    for source in sources[:_MOST_ROWS]:
        if (place := _SOURCE.fullmatch(source)) is not None:
            at = (place["file"], int(place["row"]))
            wanted.setdefault(place["batch"], []).append(at)
    read: dict[str, dict[str, str]] = {}
    for batch, places in wanted.items():
        raw = scanned(journey, f"raw_{kind}", batch)
        if not raw.collect_schema():
            continue
        keys = pl.DataFrame(
            places, schema={name: PROVENANCE[name] for name in _AT[1:]}, orient="row"
        )
        rows = raw.join(keys.lazy(), on=_AT[1:], how="semi").collect()
        for row in rows.iter_rows(named=True):
            cells = {n: str(v) for n, v in row.items() if n not in PROVENANCE and v}
            read[f"{batch}/{row['_file']}:{row['_row']}"] = cells
    return {source: read[source] for source in sources if source in read}
