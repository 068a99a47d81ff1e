"""What deals of both kinds share: stage, currency, owner and links as ids or keys.

Not here: names, amounts, custom fields (``deals``, ``subscriptions``).
"""

import polars as pl

from kartra_freshsales.freshsales.lookups import Lookups
from kartra_freshsales.mapping.building.brief import Brief
from kartra_freshsales.mapping.building.people import default_owner_id, owner_id
from kartra_freshsales.mapping.building.rows import Problems
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales.mapping.names_in_use import deal_stage


def with_links(
    deals: pl.DataFrame,
    contacts: pl.DataFrame,
    contact_problems: pl.DataFrame,
    kind: str,
    brief: Brief,
) -> pl.DataFrame:
    """Deals with ``_owner_id`` and what their contact says.

    The owner is the deal's own, else the contact's, else the default. An owner that is
    named but unknown leaves ``_owner_id`` null: nobody is put in their place.

    Args:
        deals: prepared golden frame.
        contacts: of ``with_contact_facts``.
        contact_problems: intended rows of the contacts.
        kind: export kind of the deals.
        brief: decisions and ids.
    """
    mapping, lookups = brief.mapping, brief.lookups
    problems = contact_problems.select(
        pl.col("source_key").alias("contact_key"),
        pl.col("problem").alias("_contact_problem"),
    )
    people = contacts.select(
        "contact_key",
        pl.col("_owner_id").alias("_contact_owner_id"),
        "account_key",
        pl.lit(value=True).alias("_known"),
    ).join(problems, on="contact_key", how="left")
    default = pl.lit(default_owner_id(mapping.owners, lookups.owners), pl.Int64)
    own, unowned = pl.lit(None, pl.Int64), pl.lit(value=True)
    if mapping.fields.derives(kind, "owner"):
        own = owner_id("owner", mapping.owners, lookups.owners)
        unowned = pl.col("owner").is_null()
    return deals.join(
        people, on="contact_key", how="left", maintain_order="left", suffix="_contact"
    ).with_columns(
        pl.coalesce(
            own, pl.when(unowned).then(pl.coalesce("_contact_owner_id", default))
        ).alias("_owner_id"),
        pl.col("_known").is_null().alias("_stranger"),
    )


def links(mapping: Mapping) -> list[pl.Expr]:
    """``sales_account, contact, owner_id``: keys for the loader to resolve."""
    found = [pl.col("contact_key").alias("contact"), pl.col("_owner_id").alias("owner_id")]
    if mapping.fields.derives("contacts", "account"):
        account = pl.coalesce("account_key", "account_key_contact")
        found.insert(0, account.alias("sales_account"))
    return found


def stage_columns(
    stages: dict[str, str], word: pl.Expr, otherwise: str, brief: Brief
) -> list[pl.Expr]:
    """``_stage_id, _pipeline_id, _closed`` by a word of each row.

    Args:
        stages: word → name of a stage; letter case does not matter.
        word: the row's word.
        otherwise: the stage of rows whose word is not listed.
        brief: decisions (the pipeline) and ids.
    """
    name = word.str.to_lowercase().replace_strict(
        {key.casefold(): stage for key, stage in stages.items()} or {"": otherwise},
        default=otherwise,
        return_dtype=pl.String,
    )
    name = name.fill_null(otherwise)
    targets = {
        n: deal_stage(n, brief.mapping, brief.lookups)
        for n in {*stages.values(), otherwise}
    }
    ids = {n: target.id if target else None for n, target in targets.items()}
    pipelines = {n: t.pipeline_id if t else None for n, t in targets.items()}
    closed = {
        n: bool(t and t.forecast_type.casefold().startswith("closed"))
        for n, t in targets.items()
    }
    return [
        name.replace_strict(ids, return_dtype=pl.Int64).alias("_stage_id"),
        name.replace_strict(pipelines, return_dtype=pl.Int64).alias("_pipeline_id"),
        name.replace_strict(closed, return_dtype=pl.Boolean).alias("_closed"),
    ]


def currency_id(lookups: Lookups) -> pl.Expr:
    """The currency's id; left out where the account has only one."""
    if len(lookups.currencies) < 2:  # noqa: PLR2004 - one currency needs no id
        return pl.lit(None, pl.Int64)
    table = dict(lookups.currencies)
    return pl.col("currency").replace_strict(table, default=None, return_dtype=pl.Int64)


def currency_unknown(
    mapping: Mapping, lookups: Lookups, *, may_be_silent: bool = False
) -> pl.Expr:
    """Whether the account cannot hold the deal's currency; nothing is ever converted.

    Accounts without multi-currency may not tell their currency by API: then it is the one
    named in destination.yaml.

    Args:
        mapping: the decisions.
        lookups: the account's ids.
        may_be_silent: whether a deal may name no currency where the account has only one:
            Kartra's subscriptions export names none.
    """
    known = set(lookups.currencies) or {mapping.destination.currency} - {""}
    silence = pl.lit(value=not (may_be_silent and len(known) <= 1))
    currency = pl.col("currency")
    return pl.when(currency.is_null()).then(silence).otherwise(~currency.is_in(list(known)))


def deal_problems(currency_problem: pl.Expr) -> Problems:
    """What keeps a deal of either kind from being sent."""
    problems = Problems()
    problems.add("no_contact", pl.col("contact_key").is_null() | pl.col("_stranger"))
    problems.add("owner_unmatched", pl.col("_owner_id").is_null())
    problems.add("stage_unknown", pl.col("_stage_id").is_null())
    problems.add("currency_unknown", currency_problem)
    problems.add("parent_refused", pl.col("_contact_problem").is_not_null())
    return problems
