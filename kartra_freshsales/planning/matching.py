"""Finding what stands in the destination for each intended record.

By the ledger's identity first, else by natural key: people by e-mail address, accounts by
name, both case-folded, deals by their exact name. Not here: what follows from it
(``plan``).
"""

import json
from collections.abc import Mapping

import polars as pl

from kartra_freshsales.freshsales.modules import Module, record_endpoints
from kartra_freshsales.planning.tokens import casefolded, texts

LIVE, ROLLED_BACK = "live", "rolled_back"
UNREADABLE = ("notes", "activities", "files", "lists")
"""Endpoints that no snapshot holds."""

MISSING: dict[str, pl.DataType] = {
    "module": pl.String(),
    "source_key": pl.String(),
    "freshsales_id": pl.Int64(),
}


def endpoint_of(edition: str) -> pl.Expr:
    """The endpoint of each row's module: on Suite, leads live among the contacts."""
    moved = {str(module): module.endpoint_in(edition) for module in Module}
    return pl.col("module").replace(moved)


def standing(identities: pl.DataFrame) -> pl.DataFrame:
    """``_family, source_key`` of records that the ledger knows to stand there."""
    family = pl.col("module").replace({"leads": "contacts", "subscriptions": "deals"})
    live = identities.filter(pl.col("state") == LIVE)
    return live.select(family.alias("_family"), "source_key").unique()


def live_ids(identities: pl.DataFrame) -> dict[tuple[str, str], int]:
    """(module, source key) → id of every live identity that something may link to."""
    live = identities.filter(
        (pl.col("state") == LIVE)
        & pl.col("module").is_in(["sales_accounts", "contacts", "leads"])
    )
    rows = live.select("module", "source_key", "freshsales_id").iter_rows()
    return {(module, key): number for module, key, number in rows}


def missing(
    ids: Mapping[tuple[str, str], int], snapshot: pl.DataFrame, edition: str
) -> pl.DataFrame:
    """Records of ours that no view shows any more: people deleted or merged them.

    Args:
        ids: (module, source key) → id of what the ledger knew to stand there *before* the
            snapshot was read: what is loaded while it is read would look deleted.
        snapshot: the destination's records.
        edition: ``suite`` or ``classic``.

    Returns:
        Columns of ``MISSING``; ``module`` is the endpoint.
    """
    readable, known = set(record_endpoints(edition)), {str(m): m for m in Module}
    rows = [
        (endpoint, key, number)
        for (module, key), number in ids.items()
        if module in known and (endpoint := known[module].endpoint_in(edition)) in readable
    ]
    there = snapshot.select("module", pl.col("freshsales_id").cast(pl.Int64))
    return (
        pl.DataFrame(rows, schema=MISSING, orient="row")
        .join(there, on=("module", "freshsales_id"), how="anti")
        .sort("module", "source_key")
    )


def all_live_ids(identities: pl.DataFrame) -> dict[tuple[str, str], int]:
    """(module, source key) → id of every live identity, whatever its module."""
    rows = identities.filter(pl.col("state") == LIVE)
    columns = rows.select("module", "source_key", "freshsales_id").iter_rows()
    return {(module, key): number for module, key, number in columns}


def matched(
    records: pl.DataFrame, identities: pl.DataFrame, snapshot: pl.DataFrame, edition: str
) -> pl.DataFrame:
    """Join each record with its identity and with what stands in the destination.

    Args:
        records: intended records with ``_at`` (their number), in any order.
        identities: the ledger's; those that were rolled back count as none.
        snapshot: the destination's records.
        edition: ``suite`` or ``classic``.

    Returns:
        The records with ``_endpoint``, ``_id`` (identity's), ``_written``, ``_hash``,
        ``_seen``, ``_state``, ``_record`` (found by id), ``_found_id`` and
        ``_found_record`` (found by natural key, only where nothing was found by id) and
        ``_taken`` (that record is another source record's).
    """
    records = records.with_columns(endpoint_of(edition).alias("_endpoint"))
    known = _identities(identities, edition)
    there = snapshot.select(
        pl.col("module").alias("_endpoint"),
        pl.col("freshsales_id").cast(pl.Int64).alias("_id"),
        pl.col("record").alias("_record"),
    ).unique(("_endpoint", "_id"), keep="last")
    joined = _one_each(records.join(known, on=("_endpoint", "source_key"), how="left"))
    joined = joined.join(there, on=("_endpoint", "_id"), how="left", maintain_order="left")
    return _by_natural_key(joined, identities, snapshot, edition)


def _one_each(joined: pl.DataFrame) -> pl.DataFrame:
    """One identity per record: a lead that became a contact has two for one Freshsales id.

    What was written as a lead still counts, where it was not written again as a contact.
    """
    ranked = joined.sort("_at", pl.col("_state") != LIVE, pl.col("_as") != pl.col("module"))
    best = ranked.unique("_at", keep="first", maintain_order=True)
    several = ranked.filter(pl.len().over("_at", "_id") > 1)
    if several.is_empty():
        return best
    united: dict[int, dict[str, object]] = {}
    for at, written in several.reverse().select("_at", "_written").iter_rows():
        united[at] = united.get(at, {}) | json.loads(written or "{}")
    texts_of = {at: json.dumps(record) for at, record in united.items()}
    merged = pl.col("_at").replace_strict(texts_of, default=None, return_dtype=pl.String)
    return best.with_columns(pl.coalesce(merged, "_written").alias("_written"))


def _identities(identities: pl.DataFrame, edition: str) -> pl.DataFrame:
    present = identities.filter(pl.col("state") != ROLLED_BACK)
    return present.select(
        endpoint_of(edition).alias("_endpoint"),
        "source_key",
        pl.col("module").alias("_as"),
        pl.col("freshsales_id").cast(pl.Int64).alias("_id"),
        pl.col("written").alias("_written"),
        pl.col("payload_hash").alias("_hash"),
        pl.col("seen").alias("_seen"),
        pl.col("state").alias("_state"),
        pl.col("origin").alias("_origin"),
    )


def _by_natural_key(
    joined: pl.DataFrame, identities: pl.DataFrame, snapshot: pl.DataFrame, edition: str
) -> pl.DataFrame:
    keyed = joined.with_columns(natural_keys(joined).alias("_natural"))
    keyed = keyed.with_columns(
        pl.when(pl.col("_record").is_null()).then("_natural").alias("_natural")
    )
    by_key = (
        snapshot.select(
            pl.col("module").alias("_endpoint"),
            pl.col("natural_key").alias("_natural"),
            pl.col("freshsales_id").cast(pl.Int64).alias("_found_id"),
            pl.col("record").alias("_found_record"),
        )
        .sort("_found_id")  # of several deals with one name, the oldest
        .unique(("_endpoint", "_natural"), keep="first", maintain_order=True)
    )
    taken = _identities(identities, edition).filter(
        # A purged identity no longer knows its source key: its record may be matched again.
        (pl.col("_state") == LIVE) & (pl.col("_written") != "")
    )
    taken = taken.select(
        "_endpoint", pl.col("_id").alias("_found_id"), pl.lit(value=True).alias("_taken")
    ).unique(("_endpoint", "_found_id"))
    return (
        keyed.join(by_key, on=("_endpoint", "_natural"), how="left", maintain_order="left")
        .join(taken, on=("_endpoint", "_found_id"), how="left", maintain_order="left")
        .with_columns(pl.col("_taken").fill_null(value=False))
    )


def natural_keys(records: pl.DataFrame) -> pl.Series:
    """What the destination recognises each record by; null for notes and lists.

    Args:
        records: ``module, payload``.
    """
    email, name = texts(records, "email"), texts(records, "name")
    module = pl.col("module")
    # Only accounts: folding the names of all deals takes longer than everything else.
    of_accounts = pl.when(module == "sales_accounts").then(name)
    keys = records.select(
        "module", casefolded(email.str.strip_chars()).alias("email"),
        casefolded(records.select(of_accounts).to_series()).alias("folded"),
        name.alias("name"),
    )  # fmt: skip
    return keys.select(
        pl.when(module.is_in(["contacts", "leads"])).then("email")
        .when(module == "sales_accounts").then("folded")
        .when(module.is_in(["deals", "subscriptions"])).then("name")
        .alias("_natural")
    ).to_series()  # fmt: skip
