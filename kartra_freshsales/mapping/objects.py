"""Each object of the source as a whole: relation, transformations, losses (S5, S21, S43).

Not here: single columns (``coverage``), grading (``reports``).
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import polars as pl

from kartra_freshsales.freshsales.modules import CLASSIC
from kartra_freshsales.mapping.model import Mapping

ONE_TO_ONE, ONE_TO_MANY, LOSSY, NOT_MIGRATED = "1:1", "1:many", "lossy", "not migrated"
TYPICAL, CONFIRMED = "typical", "confirmed"

_SCHEMA: dict[str, pl.DataType] = {
    "object": pl.String(),
    "relation": pl.String(),
    "target": pl.String(),
    "transformations": pl.String(),
    "lookups": pl.String(),
    "depends_on": pl.String(),
    "loss": pl.String(),
    "standing": pl.String(),
}


@dataclass(frozen=True)
class ObjectRow:
    """One object: where it goes, what happens on the way, and what does not come along."""

    name: str
    relation: str
    target: str
    transformations: str
    lookups: str = ""
    depends_on: str = ""
    loss: str = ""


@dataclass(frozen=True)
class Compatibility:
    """How many of the objects map one to one (S5)."""

    one_to_one: int
    objects: int

    @property
    def percent(self) -> int:
        """Share of objects that map one to one, rounded to a whole per cent."""
        share = Decimal(100 * self.one_to_one) / Decimal(self.objects)
        return int(share.quantize(Decimal(1), rounding=ROUND_HALF_UP))


_NO_CONTACT_STAGES = (
    "lifecycle stage and contact status: Classic's contacts have none; a lead keeps its "
    "lead stage until it is converted"
)


def _contact(mapping: Mapping) -> ObjectRow:
    classic = mapping.destination.edition == CLASSIC
    modules = dict.fromkeys(rule.module for rule in mapping.routing.rules)
    rules = "; ".join(f"{rule.name} → {rule.module}" for rule in mapping.routing.rules)
    return ObjectRow(
        "Contact",
        ONE_TO_ONE if len(modules) == 1 else ONE_TO_MANY,
        ", ".join(modules),
        f"merged by e-mail; routed: {rules}; no last name: the e-mail's local part",
        "owner, lead stage, sales account"
        if classic
        else "owner, lifecycle stage, contact status, sales account",
        "accounts, users, stages, custom fields",
        loss=_NO_CONTACT_STAGES if classic else "",
    )


def _company(mapping: Mapping) -> ObjectRow:
    kept = mapping.fields.derives("contacts", "account")
    return ObjectRow(
        "Company",
        ONE_TO_ONE if kept else NOT_MIGRATED,
        "sales_accounts" if kept else "",
        "one account per company name, spellings united" if kept else "",
        "owner",
        "users",
        "" if kept else "company names are left behind",
    )


def _transaction(mapping: Mapping) -> ObjectRow:
    kept = mapping.fields.transactions["amount"].drop is None
    return ObjectRow(
        "Transaction",
        ONE_TO_ONE if kept else NOT_MIGRATED,
        "deals" if kept else "",
        "one deal per sale or rebill; refunds are noted on the sale they undo",
        "contact, sales account, owner, pipeline, stage, currency",
        "contacts, accounts, stages, custom fields",
        "" if kept else "amounts are left behind",
    )


def _subscription(mapping: Mapping) -> ObjectRow:
    target = {
        "deal": "deals, one each in an open stage",
        "note": "notes on the customer",
        "status_field": "fields on the customer's newest deal",
    }[mapping.subscriptions.treatment]
    return ObjectRow(
        "Subscription",
        LOSSY,
        target,
        "status, interval and dates in fields; the amount only where the next one is known",
        "contact, owner, pipeline, stage",
        "contacts, stages, custom fields",
        "nothing is charged by Freshsales: billing, retries and the schedule stay with the "
        "payment processor",
    )


def _tag(mapping: Mapping) -> ObjectRow:
    kept = mapping.fields.derives("contacts", "tags")
    loss = "" if kept else "tags are left behind"
    if kept and mapping.tags.drop:
        loss = f"{len(mapping.tags.drop)} tag(s) are left behind by decision"
    relation = LOSSY if loss else ONE_TO_ONE
    return ObjectRow(
        "Tag",
        relation if kept else NOT_MIGRATED,
        "tags of contacts" if kept else "",
        "split, renamed, one spelling each",
        loss=loss,
    )


_NO_LISTS = "the lists themselves, since Classic has none; "


def _list(mapping: Mapping) -> ObjectRow:
    treatment = mapping.lists_become
    kept = treatment != "drop" and mapping.fields.derives("contacts", "lists")
    target = (
        "marketing lists" if treatment == "list" else "a multi-select field on contacts"
    )
    return ObjectRow(
        "List",
        LOSSY if kept else NOT_MIGRATED,
        target if kept else "",
        "split, renamed; memberships of the past are labelled",
        "contacts" if kept else "",
        "contacts" if kept else "",
        ("" if treatment == mapping.lists.treatment else _NO_LISTS)
        + "the date of joining, the history of a membership and what the list triggered"
        if kept
        else "memberships are left behind",
    )


def _custom_field(mapping: Mapping) -> ObjectRow:
    kept = mapping.fields.unknown.contacts == "custom"
    return ObjectRow(
        "Custom field",
        ONE_TO_ONE if kept else NOT_MIGRATED,
        "custom fields of contacts and deals" if kept else "",
        "labels exactly as in Kartra; types declared or found; all choices",
        depends_on="the plan's number of custom fields",
        loss="" if kept else "the account's own fields are left behind",
    )


def _gdpr(mapping: Mapping) -> ObjectRow:
    raw = mapping.fields.contacts["gdpr_status"]
    kept = raw.custom is not None
    target = "subscription status and fields of contacts"
    return ObjectRow(
        "GDPR status",
        ONE_TO_ONE if kept else LOSSY,
        target if kept else "subscription status",
        "by the tables in consent.yaml; never widened; the words themselves are kept",
        depends_on="custom fields",
        loss="" if kept else "Kartra's own words are left behind",
    )


def _owner(mapping: Mapping) -> ObjectRow:
    kept = mapping.fields.derives("contacts", "owner")
    return ObjectRow(
        "Owner",
        ONE_TO_ONE if kept else NOT_MIGRATED,
        "users",
        "by e-mail, after 'remap' in owners.yaml" if kept else "everything to one user",
        "users",
        "users",
        "" if kept else "who owned what is left behind",
    )


_OBJECTS = (
    _contact, _company, _transaction, _subscription, _tag, _list, _custom_field, _gdpr,
    _owner,
)  # fmt: skip


def object_map(mapping: Mapping, *, confirmed: bool = False) -> pl.DataFrame:
    """One row per object, generated from the map (S21).

    Args:
        mapping: the decisions.
        confirmed: whether the sample migration has confirmed the map; until then every row
            is marked as typical (S22).

    Returns:
        ``object, relation`` (1:1, 1:many, lossy, not migrated), ``target, transformations,
        lookups, depends_on, loss, standing``.
    """
    standing = CONFIRMED if confirmed else TYPICAL
    rows = [
        (r.name, r.relation, r.target, r.transformations, r.lookups, r.depends_on, r.loss,
         standing)
        for r in (build(mapping) for build in _OBJECTS)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def compatibility(mapping: Mapping) -> Compatibility:
    """Objects that map one to one; 6 of 9 for the default map."""
    relations = [build(mapping).relation for build in _OBJECTS]
    return Compatibility(relations.count(ONE_TO_ONE), len(relations))
