"""Which export a file is, judged by its headers and never by its name.

What does not belong here: naming the columns (``columns``).
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from kartra_freshsales.kartra.aliases import (
    ACTIVITIES,
    ATTACHMENTS,
    CONTACTS,
    SUBSCRIPTIONS,
    TRANSACTIONS,
    Aliases,
)
from kartra_freshsales.kartra.headers import normalised, split_currency

_PERSON_PREFIXES = ("lead_", "contact_", "buyer_")
_CONTACT_MARKS = frozenset(
    {"first_name", "last_name", "full_name", "phone", "date_joined", "tags", "lists"}
)
_OF_PEOPLE = _CONTACT_MARKS - {"date_joined"}
"""What no manifest of attachments has: it tells when a file was made, too."""


class ExportKind(StrEnum):
    """The exports this package knows how to read."""

    CONTACTS = "contacts"
    TRANSACTIONS = "transactions"
    SUBSCRIPTIONS = "subscriptions"
    ACTIVITIES = "activities"
    ATTACHMENTS = "attachments"
    UNKNOWN = "unknown"


ALIASES: Mapping[ExportKind, Aliases] = {
    ExportKind.CONTACTS: CONTACTS,
    ExportKind.TRANSACTIONS: TRANSACTIONS,
    ExportKind.SUBSCRIPTIONS: SUBSCRIPTIONS,
    ExportKind.ACTIVITIES: ACTIVITIES,
    ExportKind.ATTACHMENTS: ATTACHMENTS,
    ExportKind.UNKNOWN: {},
}


def match(kind: ExportKind, header: str) -> tuple[str, int] | None:
    """The canonical name a header may stand for and how weak the alias is (0 = strongest).

    ``lead_``, ``contact_`` and ``buyer_`` are dropped for contacts only, and only where the
    whole name means nothing: a transaction's buyer is not the seller's contact record.
    """
    name = normalised(split_currency(header)[0])
    if kind is ExportKind.CONTACTS:
        name = normalised(header)
    found = _lookup(ALIASES[kind], name)
    if found is None and kind is ExportKind.CONTACTS:
        for prefix in _PERSON_PREFIXES:
            if name.startswith(prefix):
                return _lookup(ALIASES[kind], name.removeprefix(prefix))
    return found


def _lookup(aliases: Aliases, name: str) -> tuple[str, int] | None:
    for canonical, accepted in aliases.items():
        if name in accepted:
            return canonical, 0 if name == canonical else accepted.index(name) + 1
    return None


def known_names(kind: ExportKind, headers: Sequence[str]) -> set[str]:
    """Canonical names of one kind that appear among the headers."""
    found = (match(kind, header) for header in headers)
    return {each[0] for each in found if each}


def recognise(headers: Sequence[str]) -> ExportKind:
    """The kind the headers give evidence for, else ``UNKNOWN``.

    Transactions need a transaction type and an amount, subscriptions a status and either a
    next payment date or a recurrence term, activities a kind and ``happened_at``,
    attachments a path and whose it is, contacts an e-mail column and one more contact
    column. The order matters: the others also carry e-mail columns.
    """
    names = {normalised(split_currency(header)[0]) for header in headers}
    if _is_transactions(names, known_names(ExportKind.TRANSACTIONS, headers)):
        return ExportKind.TRANSACTIONS
    if _is_subscriptions(names, known_names(ExportKind.SUBSCRIPTIONS, headers)):
        return ExportKind.SUBSCRIPTIONS
    if _is_activities(known_names(ExportKind.ACTIVITIES, headers)):
        return ExportKind.ACTIVITIES
    contacts = known_names(ExportKind.CONTACTS, headers)
    if _is_attachments(known_names(ExportKind.ATTACHMENTS, headers), contacts):
        return ExportKind.ATTACHMENTS
    if "email" in contacts and len(headers) > 1:
        return ExportKind.CONTACTS
    return ExportKind.UNKNOWN


def _is_transactions(names: set[str], known: set[str]) -> bool:
    # ``type`` and ``total`` are everyday words, so the aliases alone also need a product.
    strict = "transaction_type" in names or {"product", "date"} <= known
    amount = known & {"amount", "base_price", "revenue"}
    return strict and "transaction_type" in known and bool(amount)


def _is_subscriptions(names: set[str], known: set[str]) -> bool:
    # ``frequency`` may be anybody's custom field on a contact; Kartra's own word may not.
    strict = "recurrence_term" in names or "product" in known
    term = "next_payment_date" in known or (strict and "interval" in known)
    return "status" in known and term


def _is_activities(known: set[str]) -> bool:
    return {"kind", "happened_at"} <= known and bool(known & {"email", "lead_id"})


def _is_attachments(known: set[str], contacts: set[str]) -> bool:
    # ``path`` may be anybody's custom field on a contact.
    whose = known & {"email", "lead_id", "transaction_id"}
    return "path" in known and bool(whose) and not contacts & _OF_PEOPLE


def is_contacts_without_email(headers: Sequence[str]) -> bool:
    """Whether the headers are a contacts export in all but the e-mail column."""
    known = known_names(ExportKind.CONTACTS, headers)
    return "email" not in known and len(known & _CONTACT_MARKS) > 1
