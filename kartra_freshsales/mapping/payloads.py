"""Golden records as the Freshsales records they are meant to become.

Pure: names of the account come in as ``Lookups``, nothing is read or sent. Not here: what
stands in Freshsales already (``planning``), the decisions (``decisions``).
"""

import polars as pl

from kartra_freshsales.freshsales.lookups import Lookups
from kartra_freshsales.mapping.building.accounts import account_rows
from kartra_freshsales.mapping.building.brief import Brief
from kartra_freshsales.mapping.building.contacts import contact_rows, with_contact_facts
from kartra_freshsales.mapping.building.deal_facts import with_links
from kartra_freshsales.mapping.building.deals import deal_rows
from kartra_freshsales.mapping.building.memberships import empty_rows, list_rows, note_rows
from kartra_freshsales.mapping.building.prepare import prepared
from kartra_freshsales.mapping.building.subscriptions import (
    absorbing_deals,
    subscription_notes,
    subscription_rows,
    with_absorbed,
)
from kartra_freshsales.mapping.custom_fields import resolved_fields
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales.mapping.routing import Standing, routes


def intended(  # noqa: PLR0917 - six frames and values that no caller can confuse
    contacts: pl.DataFrame,
    accounts: pl.DataFrame,
    transactions: pl.DataFrame,
    subscriptions: pl.DataFrame,
    mapping: Mapping,
    lookups: Lookups,
    *,
    edition: str,
    standing: Standing | None = None,
) -> pl.DataFrame:
    """Build every payload of a migration.

    Args:
        contacts: golden contacts.
        accounts: golden accounts.
        transactions: golden transactions.
        subscriptions: golden subscriptions.
        mapping: the decisions.
        lookups: names → ids of the destination.
        edition: ``suite`` or ``classic``.
        standing: who stands in the account as a contact or a lead; for Classic.

    Returns:
        ``module, source_key, batch, payload, sources, problem, remedy``: modules in loading
        order, records in the order of their golden frames. ``payload`` is a flat record as
        JSON in which null means absent; links are source keys. A record with a ``problem``
        cannot be sent; ``remedy`` says what to do.
    """
    frames = {
        "contacts": prepared("contacts", contacts, mapping),
        "transactions": prepared("transactions", transactions, mapping),
        "subscriptions": prepared("subscriptions", subscriptions, mapping),
    }
    brief = Brief(mapping, lookups, tuple(resolved_fields(frames, mapping)), edition,
                  standing or Standing())  # fmt: skip
    companies = empty_rows()
    if mapping.fields.derives("contacts", "account"):
        companies = account_rows(accounts, mapping, lookups)
    routed = routes(
        contacts, transactions, mapping, subscriptions=subscriptions, standing=standing
    )
    people = with_contact_facts(frames["contacts"], routed, brief)
    persons = contact_rows(people, companies, brief)
    linked = {
        kind: with_links(frames[kind], people, persons, kind, brief)
        for kind in ("transactions", "subscriptions")
    }
    return pl.concat(
        [
            companies,
            *(persons.filter(pl.col("module") == name) for name in ("contacts", "leads")),
            *_money(linked, brief),
            note_rows(people, persons, mapping),
            list_rows(people, persons, mapping),
        ]
    )


def _money(linked: dict[str, pl.DataFrame], brief: Brief) -> list[pl.DataFrame]:
    """Deals and subscriptions, as subscriptions.yaml decides."""
    paid, running = linked["transactions"], linked["subscriptions"]
    treatment = brief.mapping.subscriptions.treatment
    if treatment == "note":
        return [deal_rows(paid, brief), subscription_notes(running)]
    more: list[pl.Expr] = []
    if treatment == "status_field":
        absorbed = absorbing_deals(paid, running)
        paid, more = with_absorbed(paid, running, absorbed, brief)
        running = running.join(absorbed, on="deal_key", how="anti", maintain_order="left")
    return [deal_rows(paid, brief, more), subscription_rows(running, brief)]


def absorbed_subscriptions(
    transactions: pl.DataFrame, subscriptions: pl.DataFrame, mapping: Mapping
) -> pl.DataFrame:
    """Subscriptions that are fields of a deal instead of records: ``deal_key, record_key``.

    Empty unless subscriptions.yaml says ``as: status_field``. Their source rows end where
    the deal ``record_key`` ends.
    """
    table = absorbing_deals(transactions, subscriptions)
    return table if mapping.subscriptions.treatment == "status_field" else table.clear()
