"""Which contact becomes what, by the rules of ``routing.yaml`` (S9, S23–S29).

Not here: the ids of stages and statuses (``building.contacts``).
"""

from dataclasses import dataclass

import polars as pl

from kartra_freshsales.freshsales.modules import CLASSIC
from kartra_freshsales.mapping.building.prepare import golden_name
from kartra_freshsales.mapping.decisions.routing import Rule, When
from kartra_freshsales.mapping.model import Mapping

HAS_DEALS, STANDS_THERE = "has deals", "stands there as a contact"
"""Why a contact of Classic is no lead although its rule says so."""


@dataclass(frozen=True)
class Standing:
    """Addresses, case-folded, of the contacts and of the leads that stand in an account."""

    contacts: frozenset[str] = frozenset()
    leads: frozenset[str] = frozenset()


def standing_in(snapshot: pl.DataFrame) -> Standing:
    """Who stands in an account, from ``module, natural_key`` of its snapshot."""
    keys = {
        module: frozenset(snapshot.filter(module=module)["natural_key"].drop_nulls())
        for module in ("contacts", "leads")
    }
    return Standing(**keys)


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
    contacts: pl.DataFrame,
    transactions: pl.DataFrame,
    mapping: Mapping,
    *,
    subscriptions: pl.DataFrame | None = None,
    standing: Standing | None = None,
) -> pl.DataFrame:
    """The rule that decides each contact, and what it decides.

    On Classic a lead can hold no deal, and a converted lead is a contact for good: such
    contacts stay contacts whatever their rule says.

    Args:
        contacts: golden contacts.
        transactions: golden transactions.
        mapping: the decisions.
        subscriptions: golden subscriptions; they matter on Classic only.
        standing: who stands in the account already; it matters on Classic only.

    Returns:
        ``contact_key, rule, route_module, lifecycle_stage, contact_status, no_lead``, one
        row per contact in the order of ``contacts``. ``no_lead`` says why a contact is none
        although its rule says so.
    """
    paying = paying_contacts(transactions)
    rules = mapping.routing.rules
    no_lead = pl.lit(None, pl.String)
    if mapping.destination.edition == CLASSIC:
        no_lead = _no_lead(transactions, subscriptions, standing or Standing(), mapping)
    first = pl.coalesce(
        pl.when(_holds(contacts, rule.when, paying)).then(pl.lit(at, pl.Int32))
        for at, rule in enumerate(rules)
    )
    lead = _said(rules, "module") == "leads"
    decided = contacts.select("contact_key", first.alias("_rule"), no_lead.alias("_why"))
    return decided.select(
        "contact_key",
        _said(rules, "name").alias("rule"),
        pl.when(lead & pl.col("_why").is_null())
        .then(pl.lit("leads"))
        .otherwise(pl.lit("contacts"))
        .alias("route_module"),
        _said(rules, "lifecycle_stage").alias("lifecycle_stage"),
        _said(rules, "contact_status").alias("contact_status"),
        pl.when(lead).then("_why").alias("no_lead"),
    )


def _no_lead(
    transactions: pl.DataFrame,
    subscriptions: pl.DataFrame | None,
    standing: Standing,
    mapping: Mapping,
) -> pl.Expr:
    frames = [transactions]
    if subscriptions is not None and mapping.subscriptions.treatment != "note":
        frames.append(subscriptions)
    buyers = pl.concat([frame.get_column("contact_key").drop_nulls() for frame in frames])
    there = sorted(standing.contacts - standing.leads)
    return (
        pl.when(pl.col("contact_key").is_in(buyers.unique().implode()))
        .then(pl.lit(HAS_DEALS))
        .when(_address().is_in(there))
        .then(pl.lit(STANDS_THERE))
    )


def stands_as_lead(standing: Standing) -> pl.Expr:
    """Whether somebody stands in the account as a lead and not as a contact."""
    return _address().is_in(sorted(standing.leads - standing.contacts))


def _address() -> pl.Expr:
    return pl.col("email").str.strip_chars().str.to_lowercase()


def _said(rules: tuple[Rule, ...], attribute: str) -> pl.Expr:
    words = {at: str(getattr(rule, attribute)) for at, rule in enumerate(rules)}
    return pl.col("_rule").replace_strict(words, return_dtype=pl.String)


def routing_summary(
    contacts: pl.DataFrame, transactions: pl.DataFrame, mapping: Mapping
) -> pl.DataFrame:
    """Contacts per rule, recorded before any load (S9): ``rule`` … and ``contacts``."""
    columns = ["rule", "route_module", "lifecycle_stage", "contact_status", "no_lead"]
    counted = (
        routes(contacts, transactions, mapping)
        .group_by(columns)
        .agg(pl.len().cast(pl.Int64).alias("contacts"))
    )
    order = {rule.name: at for at, rule in enumerate(mapping.routing.rules)}
    rank = pl.col("rule").replace_strict(order, return_dtype=pl.Int32)
    return counted.sort(rank, "route_module")
