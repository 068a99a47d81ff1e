"""Which records a person looks at, side by side: drawn by a seed, of every sort (S105).

Not here: showing them (``reports.spot_check``). The guarantee rests on the comparison of
every record, never on these.
"""

import hashlib

import polars as pl

from kartra_freshsales.freshsales.comparison import is_blank
from kartra_freshsales.reconcile.compare import EQUAL, NORMALISED
from kartra_freshsales.reconcile.references import REFERENCES
from kartra_freshsales.reconcile.values import as_text, flat

COUNT = 20
"""The most that anybody looks at with care; the product's users speak of 10 to 20."""

SAMPLE: dict[str, pl.DataType] = {
    "module": pl.String(),
    "source_key": pl.String(),
    "freshsales_id": pl.Int64(),
    "drawn_for": pl.String(),
    "source_row": pl.String(),
    "fields": pl.Int64(),
    "agree": pl.Int64(),
}
NOT_SENT = "not_sent"
SIDE_BY_SIDE: dict[str, pl.DataType] = {
    "module": pl.String(),
    "source_key": pl.String(),
    "freshsales_id": pl.Int64(),
    "drawn_for": pl.String(),
    "sources": pl.List(pl.String()),
    "field": pl.String(),
    "sent": pl.String(),
    "read": pl.String(),
    "cause": pl.String(),
}
_SENT_BY_OTHER_NAMES = frozenset(
    key for reference in REFERENCES.values() for key in reference.read_keys
)
_KEYS = ("module", "source_key")
_OF_EACH = 2
_MODULES = (
    "contacts", "leads", "sales_accounts", "deals", "subscriptions", "notes", "activities",
    "files", "lists",
)  # fmt: skip
_WRITTEN = pl.col("written")
_SORTS: tuple[tuple[str, pl.Expr], ...] = (
    ("refunded", _WRITTEN.str.contains(r'"cf_[a-z_]*refund[a-z_]*": ?"?[^n"\s]')),
    ("consent not given", _WRITTEN.str.contains(r'"subscription_status": ?[02345]')),
    ("linked to an account", _WRITTEN.str.contains(r'"sales_account": ?"?[^n"]')),
    ("has deals", pl.col("_with_deal")),
    ("most custom fields", pl.col("_custom") == pl.col("_custom").max()),
    ("longest values", pl.col("_size") == pl.col("_size").max()),
)


def error_bound(looked_at: int) -> float:
    """The share of wrong records that ``looked_at`` right ones leave possible (95 %).

    Exact for none wrong: more than this share would have shown with 95 % probability. In
    per cent; 100 if nothing was looked at.
    """
    return 100.0 * (1.0 - 0.05 ** (1.0 / looked_at)) if looked_at else 100.0


def spot_sample(
    results: pl.DataFrame, comparison: pl.DataFrame, *, seed: str, count: int = COUNT
) -> pl.DataFrame:
    """Draw records: some of every sort that can go wrong, the rest by chance.

    Args:
        results: load results, one row per record.
        comparison: of ``compare_records``.
        seed: decides chance; the same seed draws the same records.
        count: how many at most.

    Returns:
        Columns of ``SAMPLE``; ``drawn_for`` says of which sort a record was drawn.
    """
    records = _in_drawn_order(_compared(results, comparison), seed)
    drawn = pl.DataFrame(schema={**records.schema, "drawn_for": pl.String()})
    for name, belongs in _SORTS:
        drawn = _more(drawn, records, belongs, name, min(_OF_EACH, count - drawn.height))
    for module in _MODULES:
        wanted = min(1, count - drawn.height) * (module not in set(drawn["module"]))
        drawn = _more(
            drawn, records, pl.col("module") == module, f"one of {module}", wanted
        )
    drawn = _more(
        drawn, records, pl.col("module").is_not_null(), "by chance", count - drawn.height
    )
    return drawn.sort(_KEYS).select(
        [pl.col(name).cast(dtype) for name, dtype in SAMPLE.items()]
    )


def _more(
    drawn: pl.DataFrame, records: pl.DataFrame, belongs: pl.Expr, name: str, wanted: int
) -> pl.DataFrame:
    """The records drawn, and the next of a sort that are not among them."""
    left = records.join(drawn, on=_KEYS, how="anti", maintain_order="left")
    found = left.filter(belongs.fill_null(value=False)).head(wanted)
    return pl.concat([drawn, found.with_columns(pl.lit(name).alias("drawn_for"))])


def side_by_side(
    drawn: pl.DataFrame, results: pl.DataFrame, comparison: pl.DataFrame
) -> pl.DataFrame:
    """Every field of the drawn records: those sent, then those only Freshsales filled.

    Args:
        drawn: of ``spot_sample``.
        results: load results with ``seen``.
        comparison: of ``compare_records``, with causes.

    Returns:
        ``module, source_key, freshsales_id, drawn_for, sources, field, sent, read, cause``;
        the cause of a field that was not sent is ``not_sent``.
    """
    heads = drawn.select(*_KEYS, "drawn_for")
    sent = comparison.join(heads, on=_KEYS, how="inner", maintain_order="left").select(
        list(SIDE_BY_SIDE)
    )
    sent = sent.unique([*_KEYS, "field"], keep="first", maintain_order=True)
    places = sent.unique(_KEYS, keep="first", maintain_order=True)
    texts = places.select(_KEYS).join(
        results.select(*_KEYS, "seen"), on=_KEYS, how="left", maintain_order="left"
    )
    others = [
        (module, key, name, as_text(value))
        for module, key, seen in texts.iter_rows()
        for name, value in flat(seen).items()
        if not is_blank(value) and name not in _SENT_BY_OTHER_NAMES
    ]
    names = ("module", "source_key", "field", "read")
    schema = {name: SIDE_BY_SIDE[name] for name in names}
    beside = (
        pl.DataFrame(others, schema=schema, orient="row")
        .join(sent, on=[*_KEYS, "field"], how="anti", maintain_order="left")
        .join(places.drop("field", "read", "sent", "cause"), on=_KEYS, how="left",
              maintain_order="left")
        .with_columns(sent=pl.lit(None, pl.String), cause=pl.lit(NOT_SENT))
    )  # fmt: skip
    return pl.concat([sent, beside.select(list(SIDE_BY_SIDE))])


def _compared(results: pl.DataFrame, comparison: pl.DataFrame) -> pl.DataFrame:
    """One row per record that was found and compared, with what its sort depends on."""
    found = comparison.filter(pl.col("freshsales_id").is_not_null())
    each = found.group_by(_KEYS).agg(
        pl.col("freshsales_id").first(),
        pl.col("sources").first().list.first().alias("source_row"),
        pl.len().alias("fields"),
        pl.col("verdict").is_in([EQUAL, NORMALISED]).sum().alias("agree"),
    )
    deals = results.filter(pl.col("module") == "deals")
    buyers = deals.select(
        _WRITTEN.str.extract(r'"contact": ?(\d+)').cast(pl.Int64).alias("freshsales_id")
    ).unique()
    return (
        each.join(results.select(*_KEYS, "written"), on=_KEYS, how="inner")
        .join(
            buyers.with_columns(_buyer=pl.lit(value=True)), on="freshsales_id", how="left"
        )
        .with_columns(
            pl.col("_buyer")
            .fill_null(value=False)
            .and_(pl.col("module").is_in(["contacts", "leads"]))
            .alias("_with_deal"),
            _WRITTEN.str.count_matches('"cf_').alias("_custom"),
            _WRITTEN.str.len_chars().alias("_size"),
        )
        .drop("_buyer")
    )


def _in_drawn_order(records: pl.DataFrame, seed: str) -> pl.DataFrame:
    order = [
        hashlib.sha256(f"{seed}/{module}/{key}".encode()).digest()
        for module, key in records.select(_KEYS).iter_rows()
    ]
    return records.with_columns(pl.Series("_order", order, pl.Binary)).sort("_order")
