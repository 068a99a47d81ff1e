"""What a perfect migration of the sample must end with, under the rules by default.

Reckoned from the flags the files were written from, never from the files. What does not
belong here: making rows, writing them.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import polars as pl

from kartra_freshsales.sample import consent, people, words
from kartra_freshsales.sample.dice import has_bit
from kartra_freshsales.sample.events import PAID, UNDOING
from kartra_freshsales.sample.people import PERSON
from kartra_freshsales.sample.scale import Scale

_STATES = ("loaded", "merged", "excluded", "suppressed", "quarantined")
_DEFAULT_OWNER = ""


def truth(
    scale: Scale,
    contacts: pl.DataFrame,
    transactions: pl.DataFrame,
    subscriptions: pl.DataFrame,
) -> dict[str, Any]:
    """The expected figures.

    Args:
        scale: what was asked for.
        contacts: ``contact_rows``.
        transactions: ``transaction_rows``.
        subscriptions: ``subscription_rows``.
    """
    golden = golden_contacts(scale, contacts)
    deals = transactions.filter(pl.col("type").is_in(PAID) & (pl.col("state") == "loaded"))
    undone = transactions.filter(
        pl.col("type").is_in(UNDOING) & (pl.col("state") == "merged") & ~pl.col("repeated")
    )
    lists = _members(golden, "lists", tuple(words.LISTS))
    return {
        "contacts": scale.contacts,
        "batches": scale.batches,
        "seed": scale.dice.seed,
        "kinds": {
            "contacts": _states(contacts.select(_contact_state(scale).alias("state"))),
            "transactions": _states(transactions),
            "subscriptions": _states(subscriptions),
        },
        "modules": _modules(golden, deals, subscriptions, len(lists)),
        "deal_amount": _dollars(deals),
        "refunded_amount": _dollars(undone),
        "consent": _counts(golden, consent.end_state(pl.col("story"), pl.col("block"))),
        "tags": _members(golden, "tags", tuple(words.TAGS)),
        "list_members": lists,
        "owners": _counts(golden, _owner()),
        "emails": _digest(golden, scale),
        "deals_by_type": _counts(deals, pl.col("type")),
    }


def golden_contacts(scale: Scale, rows: pl.DataFrame) -> pl.DataFrame:
    """One row per person who must arrive.

    Columns: ``person, story, block``, the newest ``company, owner, note`` that is not
    blank, and ``tags, lists`` united over all rows.
    """
    shown = rows.filter(people.is_golden(scale))
    newest = shown.filter("last").select("person", "story", "block").sort("person")
    united = shown.group_by("person").agg(pl.col("tags", "lists").bitwise_or())
    found = newest.join(united, on="person", how="left")
    for column in ("company", "owner", "note"):
        told = shown.filter(pl.col(column).is_not_null()).select("person", column)
        latest = told.unique(subset="person", keep="last", maintain_order=True)
        found = found.join(latest, on="person", how="left")
    return found.sort("person")


def _contact_state(scale: Scale) -> pl.Expr:
    unusable = people.lacks_email(scale) | people.has_invalid_email(scale)
    return (
        pl.when(unusable).then(pl.lit("quarantined"))
        .when(people.is_test(scale)).then(pl.lit("excluded"))
        .when(pl.col("last")).then(pl.lit("loaded"))
        .otherwise(pl.lit("merged"))
    )  # fmt: skip


def _states(rows: pl.DataFrame) -> dict[str, int]:
    counted = _counts(rows, pl.col("state"))
    return {"rows": rows.height} | {state: counted.get(state, 0) for state in _STATES}


def _counts(rows: pl.DataFrame, word: pl.Expr) -> dict[str, int]:
    """How many rows bear each word, alphabetically; words nobody bears are left out."""
    counted = rows.select(word.alias("word")).group_by("word").len().sort("word")
    return {word: int(count) for word, count in counted.iter_rows()}


def _modules(
    golden: pl.DataFrame, deals: pl.DataFrame, subscriptions: pl.DataFrame, lists: int
) -> dict[str, int]:
    """Records per module: who paid or has a company is a contact, the others are leads."""
    payers = deals.select(PERSON.unique(), pl.lit(value=True).alias("paid"))
    kept = pl.col("paid").is_not_null() | pl.col("company").is_not_null()
    contacts = golden.join(payers, on="person", how="left").filter(kept).height
    return {
        "sales_accounts": golden["company"].drop_nulls().n_unique(),
        "contacts": contacts,
        "leads": golden.height - contacts,
        "deals": deals.height,
        "subscriptions": subscriptions.filter(pl.col("state") == "loaded").height,
        "notes": golden["note"].count(),
        "lists": lists,
    }


def _members(golden: pl.DataFrame, bits: str, texts: Sequence[str]) -> dict[str, int]:
    counts = golden.select(
        has_bit(pl.col(bits), at).sum().alias(text) for at, text in enumerate(texts)
    ).row(0, named=True)
    return {text: int(count) for text, count in counts.items() if count}


def _owner() -> pl.Expr:
    names = dict(enumerate(words.OWNERS))
    name = pl.col("owner").replace_strict(names, default=None, return_dtype=pl.String)
    return name.fill_null(_DEFAULT_OWNER)


def _dollars(rows: pl.DataFrame) -> dict[str, str]:
    cents = int(rows["amount"].sum())
    return {"USD": f"{cents // 100}.{cents % 100:02d}"}


def _digest(golden: pl.DataFrame, scale: Scale) -> str:
    keys = golden.select(people.email(scale).alias("key"))["key"].sort()
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()
