"""Which records a batch has to look at, and which cannot go because a parent cannot.

Links are source keys in the payload. Leads and contacts are one family here: a link to a
``contact`` may mean either. Not here: what happens to a record that can go (``plan``).
"""

import json

import polars as pl

from kartra_freshsales.planning.tokens import texts

PARENT_REFUSED, PARENT_MISSING = "parent_refused", "parent_missing"
_PARENT_REMEDY = "Correct the account or contact it belongs to, then plan again."
_MISSING_REMEDY = (
    "The account or contact it belongs to is in none of the exports: add the export that "
    "holds it, then plan again."
)
_ACCOUNTS, _PEOPLE, _LISTS = "sales_accounts", "contacts", "lists"
_LINKS = {_ACCOUNTS: "_account", _PEOPLE: "_contact"}

FAMILY = pl.col("module").replace({"leads": _PEOPLE, "subscriptions": "deals"})


def with_links(intended: pl.DataFrame) -> pl.DataFrame:
    """Add ``_family``, ``_account`` and ``_contact``: the source keys a payload names."""
    return intended.with_columns(
        FAMILY.alias("_family"),
        texts(intended, "sales_account").alias("_account"),
        texts(intended, "contact").alias("_contact"),
    )


def refused(records: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """Pass refusals on to children: a record goes only if its account and contact do.

    Args:
        records: every intended record with links, ``reason`` and ``remedy`` (null: it can
            go).
        standing: ``_family, source_key`` of records that stand in the destination already;
            they hold their children even when they are refused now.

    Returns:
        The same rows with ``reason`` and ``remedy`` filled for those held back.
    """
    for family in (_ACCOUNTS, _PEOPLE):  # accounts first: they hold contacts back
        records = _held_back(records, standing, family)
    return records


def _held_back(records: pl.DataFrame, standing: pl.DataFrame, family: str) -> pl.DataFrame:
    link = _LINKS[family]
    there = standing.filter(pl.col("_family") == family)["source_key"].implode()
    parents = records.filter(pl.col("_family") == family)
    known = parents["source_key"].implode()
    blocked = parents.filter(
        pl.col("reason").is_not_null() & ~pl.col("source_key").is_in(there)
    )["source_key"].implode()
    named = pl.col("reason").is_null() & pl.col(link).is_not_null()
    absent = named & ~pl.col(link).is_in(known) & ~pl.col(link).is_in(there)
    held = named & pl.col(link).is_in(blocked)
    return records.with_columns(
        pl.when(held).then(pl.lit(PARENT_REFUSED))
        .when(absent).then(pl.lit(PARENT_MISSING))
        .otherwise("reason").alias("reason"),
        pl.when(held).then(pl.lit(_PARENT_REMEDY))
        .when(absent).then(pl.lit(_MISSING_REMEDY))
        .otherwise("remedy").alias("remedy"),
    )  # fmt: skip


def scope(records: pl.DataFrame, batch: str) -> pl.DataFrame:
    """The batch's own records and the parents that other batches own, with ``role``.

    Parents are the accounts and contacts that own records can only go with, and the
    accounts of those contacts. Rows keep their order.
    """
    own = pl.col("batch") == batch
    going = records.filter(own & pl.col("reason").is_null())
    contacts = _named(going, _PEOPLE)
    people = records.filter(pl.col("_family") == _PEOPLE).join(
        contacts, on="source_key", how="semi"
    )
    accounts = pl.concat([_named(going, _ACCOUNTS), _named(people, _ACCOUNTS)]).unique()
    parent = ~own & (
        (
            (pl.col("_family") == _PEOPLE)
            & pl.col("source_key").is_in(contacts["source_key"].implode())
        )
        | (
            (pl.col("_family") == _ACCOUNTS)
            & pl.col("source_key").is_in(accounts["source_key"].implode())
        )
    )
    return records.with_columns(
        pl.when(own).then(pl.lit("own")).when(parent).then(pl.lit("parent")).alias("role")
    ).filter(pl.col("role").is_not_null())


def _named(records: pl.DataFrame, family: str) -> pl.DataFrame:
    link = _LINKS[family]
    return records.select(pl.col(link).alias("source_key")).drop_nulls().unique()


def without_refused_members(records: pl.DataFrame) -> pl.DataFrame:
    """Take contacts that cannot go out of the lists they were to be put on."""
    people = records.filter((pl.col("_family") == _PEOPLE) & pl.col("reason").is_not_null())
    if people.is_empty() or records.filter(pl.col("module") == _LISTS).is_empty():
        return records
    from_lists = pl.col("module") == _LISTS
    cleaned = _lists_without(records.filter(from_lists), people["source_key"].to_list())
    return pl.concat([records.filter(~from_lists), cleaned])


def _lists_without(lists: pl.DataFrame, gone: list[str]) -> pl.DataFrame:
    refused_keys = set(gone)
    payloads = []
    for text in lists["payload"]:
        payload = json.loads(text)
        members = [key for key in payload.get("members", []) if key not in refused_keys]
        payloads.append(json.dumps(payload | {"members": members}, ensure_ascii=False))
    return lists.with_columns(pl.Series("payload", payloads, dtype=pl.String))
