"""Contacts and leads as payloads (S23–S28, S57–S60).

Not here: the rules of routing, the taxonomy of tags.
"""

import polars as pl

from kartra_freshsales.freshsales.lookups import Lookups
from kartra_freshsales.freshsales.metadata import LEAD_STAGE
from kartra_freshsales.freshsales.modules import CLASSIC, SUITE
from kartra_freshsales.freshsales.records import COMPANY_NAME
from kartra_freshsales.mapping.building.brief import Brief
from kartra_freshsales.mapping.building.custom import custom_values
from kartra_freshsales.mapping.building.field_types import LONGEST_TEXT, LONGEST_TEXT_AREA
from kartra_freshsales.mapping.building.people import default_owner_id, owner_id
from kartra_freshsales.mapping.building.prepare import golden_name
from kartra_freshsales.mapping.building.rows import Problems, intended_rows, longer_than
from kartra_freshsales.mapping.building.values import text_of
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales.mapping.names_in_use import (
    contact_status,
    lead_stage,
    lifecycle_stage,
)
from kartra_freshsales.mapping.routing import stands_as_lead

STATUS = "subscription_status"
SUBSCRIPTION_STATUS = {
    "unsubscribed": 0,
    "subscribed": 1,
    "not_subscribed": 2,
    "reported_as_spam": 3,
    "bounced": 4,
}
"""Our consent states as Freshsales' ``subscription_status``."""


def last_name() -> pl.Expr:
    """A last name always stands there: Freshsales may want one; else the local part."""
    local = pl.col("email").str.split("@").list.first().str.strip_chars()
    return pl.coalesce(
        _present("last_name"), pl.when(local != "").then(local), pl.col("email")
    )


def _present(column: str) -> pl.Expr:
    text = pl.col(column).str.strip_chars()
    return pl.when(text != "").then(text)


def phone_columns() -> list[pl.Expr]:
    """``mobile_number, work_number``: a mobile is unique in Freshsales.

    Of several contacts with one number the one who joined first keeps it as mobile, so that
    a later export takes it from nobody; the others get it as work number. A number that
    could not be read goes to work number as it was written.
    """
    holder = (
        pl.col("contact_key")
        .sort_by(pl.col("date_joined").is_null(), "date_joined", "contact_key")
        .first()
        .over("phone")
    )
    first = pl.col("contact_key") == holder
    mobile = pl.when(pl.col("phone").is_not_null() & first).then("phone")
    work = pl.when(pl.col("phone").is_not_null() & ~first).then("phone")
    return [
        mobile.alias("_mobile_number"),
        pl.coalesce(
            work, pl.when(pl.col("phone").is_null()).then(_present("phone_raw"))
        ).alias("_work_number"),
    ]


def with_contact_facts(
    contacts: pl.DataFrame, routes: pl.DataFrame, brief: Brief
) -> pl.DataFrame:
    """Prepared contacts with owner, route, stage ids, phones and last name worked out."""
    mapping, lookups = brief.mapping, brief.lookups
    frame = contacts.join(routes, on="contact_key", how="left", maintain_order="left")
    default = pl.lit(default_owner_id(mapping.owners, lookups.owners), pl.Int64)
    known = mapping.fields.derives("contacts", "owner")
    owner = owner_id("owner", mapping.owners, lookups.owners) if known else default
    unowned = pl.col("owner").is_null() if known else pl.lit(value=True)
    stage_id, status_id = _stage_ids(mapping, lookups)
    return frame.with_columns(
        pl.coalesce(owner, pl.when(unowned).then(default)).alias("_owner_id"),
        last_name().alias("_last_name"),
        stage_id.alias("_stage_id"),
        status_id.alias("_status_id"),
        *_lead_stage(mapping, lookups),
        *phone_columns(),
    )


def _stage_ids(mapping: Mapping, lookups: Lookups) -> tuple[pl.Expr, pl.Expr]:
    """Lifecycle stage and status ids by rule; null where the account lacks the name."""
    stages: dict[str, int | None] = {}
    statuses: dict[str, int | None] = {}
    for rule in mapping.routing.rules:
        stage, status = rule.lifecycle_stage, rule.contact_status
        stages[rule.name] = lifecycle_stage(stage, lookups)
        statuses[rule.name] = contact_status(stage, status, lookups)
    return (
        pl.col("rule").replace_strict(stages, return_dtype=pl.Int64),
        pl.col("rule").replace_strict(statuses, return_dtype=pl.Int64),
    )


def _lead_stage(mapping: Mapping, lookups: Lookups) -> list[pl.Expr]:
    """``_lead_stage, _lead_stage_id`` by rule, for leads of Classic."""
    names = {rule.name: rule.lead_stage for rule in mapping.routing.rules}
    ids = {rule: lead_stage(name, lookups) for rule, name in names.items()}
    return [
        pl.col("rule").replace_strict(names, return_dtype=pl.String).alias("_lead_stage"),
        pl.col("rule").replace_strict(ids, return_dtype=pl.Int64).alias("_lead_stage_id"),
    ]


def _plain(frame: pl.DataFrame, mapping: Mapping) -> dict[str, pl.Expr]:
    """Freshsales key → text, for columns that go over as they are."""
    found: dict[str, pl.Expr] = {}
    for key, column in mapping.fields.keys_of("contacts").items():
        name = golden_name("contacts", column)
        if name in frame.columns:
            found[key] = text_of(name, frame.schema[name], mapping.source.zone)
    found["last_name"] = pl.col("_last_name")
    return found


def _derived(accounts: pl.DataFrame, brief: Brief, endpoint: str) -> list[pl.Expr]:
    mapping = brief.mapping
    derives = mapping.fields.derives
    found = []
    if derives("contacts", "phone"):
        found += [
            pl.col("_mobile_number").alias("mobile_number"),
            pl.col("_work_number").alias("work_number"),
        ]
    if derives("contacts", "tags"):
        found.append(pl.col("_tags").alias("tags"))
    if derives("contacts", "account") and endpoint == "leads":
        found.append(_company_name(accounts).alias(COMPANY_NAME))
    elif derives("contacts", "account"):
        found.append(pl.col("account_key").alias("sales_account"))
    if endpoint != "leads" or STATUS in brief.lookups.built_in.get("leads", ()):
        found.append(_subscription_status().alias(STATUS))
    found.append(pl.col("_owner_id").alias("owner_id"))
    if endpoint == "leads":
        found.append(pl.col("_lead_stage_id").alias(LEAD_STAGE))
    elif brief.edition == SUITE:
        found += [
            pl.col("_stage_id").alias("lifecycle_stage_id"),
            pl.col("_status_id").alias("contact_status_id"),
        ]
    return found


def _company_name(accounts: pl.DataFrame) -> pl.Expr:
    """A lead of Classic has no account: its company is a name until it is converted."""
    names = accounts.select(
        "source_key", pl.col("payload").str.json_path_match("$.name").alias("name")
    )
    return pl.col("account_key").replace_strict(
        names["source_key"], names["name"], default=None, return_dtype=pl.String
    )


def _subscription_status() -> pl.Expr:
    status = pl.col("consent").replace_strict(
        SUBSCRIPTION_STATUS, default=None, return_dtype=pl.Int64
    )
    return status.fill_null(SUBSCRIPTION_STATUS["not_subscribed"])


def _problems(
    plain: dict[str, pl.Expr], accounts: pl.DataFrame, brief: Brief, endpoint: str
) -> Problems:
    problems, mapping = Problems(), brief.mapping
    problems.add("owner_unmatched", pl.col("_owner_id").is_null())
    if endpoint == "leads":
        wanted = (pl.col("_lead_stage") != "") & pl.col("_lead_stage_id").is_null()
        problems.add("stage_unknown", wanted)
    elif brief.edition == SUITE:
        wanted = (pl.col("lifecycle_stage") != "") & pl.col("_stage_id").is_null()
        wanted |= (pl.col("contact_status") != "") & pl.col("_status_id").is_null()
        problems.add("stage_unknown", wanted)
    else:
        problems.add("stands_as_lead", stands_as_lead(brief.standing))
    short = [text for key, text in plain.items() if key != "address"]
    phones = [pl.col("_mobile_number"), pl.col("_work_number")]
    problems.add("too_long", longer_than(LONGEST_TEXT, *short, *phones))
    if "address" in plain:
        problems.add("too_long", longer_than(LONGEST_TEXT_AREA, plain["address"]))
    if mapping.fields.derives("contacts", "account") and endpoint != "leads":
        refused = accounts.filter(pl.col("problem").is_not_null()).get_column("source_key")
        problems.add("parent_refused", pl.col("account_key").is_in(refused.implode()))
    return problems


def contact_rows(frame: pl.DataFrame, accounts: pl.DataFrame, brief: Brief) -> pl.DataFrame:
    """One row per golden contact, in module ``contacts`` or ``leads`` as routed.

    On Classic the two have different custom fields, so they are built one after the other.

    Args:
        frame: of ``with_contact_facts``.
        accounts: intended rows of the accounts; a contact waits for its account.
        brief: decisions, ids and resolved fields.
    """
    if brief.edition != CLASSIC:
        return _rows(frame, accounts, brief, "contacts")
    return pl.concat(
        _rows(frame.filter(pl.col("route_module") == module), accounts, brief, module)
        for module in ("contacts", "leads")
    )


def _rows(
    frame: pl.DataFrame, accounts: pl.DataFrame, brief: Brief, endpoint: str
) -> pl.DataFrame:
    plain = _plain(frame, brief.mapping)
    problems = _problems(plain, accounts, brief, endpoint)
    custom = custom_values("contacts", frame, brief, endpoint, problems)
    payload = [expression.alias(key) for key, expression in plain.items()]
    return intended_rows(
        frame,
        module=pl.col("route_module"),
        key="contact_key",
        payload=[*payload, *_derived(accounts, brief, endpoint), *custom],
        problems=problems,
    )
