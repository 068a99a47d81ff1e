"""Which contact becomes what, by the rules of ``routing.yaml`` (S9, S23–S29).

Not here: the ids of stages and statuses (``building.contacts``).
"""

import polars as pl

from kartra_freshsales.mapping.building.prepare import golden_name
from kartra_freshsales.mapping.decisions.routing import Rule, When
from kartra_freshsales.mapping.model import Mapping


def paying_contacts(transactions: pl.DataFrame) -> pl.Series:
    """Contact keys with a sale or rebill above zero.

    A refund makes nobody a lead again: who has deals stays a contact.
    """
    paid = transactions.filter(pl.col("amount") > 0)
    return paid.get_column("contact_key").drop_nulls().unique()


def _any_of(frame: pl.DataFrame, column: str, names: tuple[str, ...]) -> pl.Expr:
    if column not in frame.columns:
        return pl.lit(value=False)
    wanted = [name.strip().casefold() for name in names]
    lowered = pl.col(column).list.eval(pl.element().str.to_lowercase())
    return pl.any_horizontal(lowered.list.contains(name) for name in wanted).fill_null(
        False
    )


def _equals(frame: pl.DataFrame, column: str, value: str) -> pl.Expr:
    names = (golden_name("contacts", column), f"custom:{column}")
    found = next((name for name in names if name in frame.columns), None)
    if found is None or isinstance(frame.schema[found], pl.List):
        return pl.lit(value=False)
    text = pl.col(found).cast(pl.String).str.strip_chars().str.to_lowercase()
    return (text == value.strip().casefold()).fill_null(False)


def _holds(frame: pl.DataFrame, when: When, paying: pl.Series) -> pl.Expr:
    conditions = [pl.lit(value=True)]
    if when.paying is not None:
        conditions.append(pl.col("contact_key").is_in(paying.implode()) == when.paying)
    if when.company is not None:
        conditions.append(pl.col("account_key").is_not_null() == when.company)
    if when.tags_any:
        conditions.append(_any_of(frame, "tags", when.tags_any))
    if when.lists_any:
        conditions.append(_any_of(frame, "lists", when.lists_any))
    conditions += [_equals(frame, name, value) for name, value in when.equals.items()]
    return pl.all_horizontal(conditions)


def routes(
    contacts: pl.DataFrame, transactions: pl.DataFrame, mapping: Mapping
) -> pl.DataFrame:
    """The rule that decides each contact, and what it decides.

    Returns:
        ``contact_key, rule, route_module, lifecycle_stage, contact_status``, one row per
        contact in the order of ``contacts``.
    """
    paying = paying_contacts(transactions)
    rules = mapping.routing.rules
    first = pl.coalesce(
        pl.when(_holds(contacts, rule.when, paying)).then(pl.lit(at, pl.Int32))
        for at, rule in enumerate(rules)
    )
    return contacts.select("contact_key", first.alias("_rule")).select(
        "contact_key",
        _said(rules, "name").alias("rule"),
        _said(rules, "module").alias("route_module"),
        _said(rules, "lifecycle_stage").alias("lifecycle_stage"),
        _said(rules, "contact_status").alias("contact_status"),
    )


def _said(rules: tuple[Rule, ...], attribute: str) -> pl.Expr:
    words = {at: str(getattr(rule, attribute)) for at, rule in enumerate(rules)}
    return pl.col("_rule").replace_strict(words, return_dtype=pl.String)


def routing_summary(
    contacts: pl.DataFrame, transactions: pl.DataFrame, mapping: Mapping
) -> pl.DataFrame:
    """Contacts per rule, recorded before any load (S9): ``rule`` … and ``contacts``."""
    columns = ["rule", "route_module", "lifecycle_stage", "contact_status"]
    counted = (
        routes(contacts, transactions, mapping)
        .group_by(columns)
        .agg(pl.len().cast(pl.Int64).alias("contacts"))
    )
    order = {rule.name: at for at, rule in enumerate(mapping.routing.rules)}
    rank = pl.col("rule").replace_strict(order, return_dtype=pl.Int32)
    return counted.sort(rank)
