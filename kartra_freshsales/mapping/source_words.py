"""The words and layouts Kartra's exports use, as tables: data and one spelling rule.

Sources: Kartra's API and help pages (status numbers, mail-status words, intervals) and
real export files (transaction types, date layouts). Keys are case-folded.

What does not belong here: deciding anything (``cleaning_rules``), applying a table.
"""

import re
from collections.abc import Mapping
from typing import Literal

_GAPS = re.compile(r"[\W_]+")


def type_key(word: str) -> str:
    """A transaction type as one word: ``Request Can.`` is ``request_can``."""
    return _GAPS.sub("_", word.casefold()).strip("_")


DATE_FORMATS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%d %b %Y",
    "%d %b %Y %H:%M",
    "%d %b %Y %H:%M:%S",
)
NULL_WORDS = ("N/A", "#N/A", "0000-00-00", "0000-00-00 00:00:00")
LEGAL_SUFFIXES = (
    "inc", "incorporated", "llc", "llp", "lp", "pllc", "pc", "ltd", "limited", "plc",
    "corp", "corporation", "co", "company", "gmbh", "mbh", "ag", "kg", "ug", "ohg", "gbr",
    "ek", "ev", "sa", "sas", "sarl", "srl", "spa", "sl", "bv", "nv", "ab", "oy", "aps",
    "pty", "pte",
)  # fmt: skip

TRANSACTION_TYPES: Mapping[str, Literal["deal", "annotate", "exclude"]] = {
    "sale": "deal",
    "rebill": "deal",
    "refund": "annotate",
    "partial_refund": "annotate",
    "chargeback": "annotate",
    "failed": "exclude",
    "cancellation": "exclude",
    "request_can": "exclude",
    "revert_can": "exclude",
}
TYPE_LABELS: Mapping[str, str] = {
    "sale": "Sale",
    "rebill": "Rebill",
    "refund": "Refund",
    "partial_refund": "Partial refund",
    "chargeback": "Chargeback",
    "failed": "Failed",
    "cancellation": "Cancellation",
    "request_can": "Request Can.",
    "revert_can": "Revert Can.",
}

_Status = Literal["Active", "Pending Cancellation", "Paused", "Cancelled", "Terminated"]
SUBSCRIPTION_STATUSES: Mapping[str, _Status] = {
    "active": "Active",
    "pending cancellation": "Pending Cancellation",
    "paused": "Paused",
    "cancelled": "Cancelled",
    "canceled": "Cancelled",
    "terminated": "Terminated",
    "completed": "Terminated",
    "finished": "Terminated",
}
INTERVALS: Mapping[str, str] = {
    "daily": "daily",
    "weekly": "weekly",
    "biweekly": "every 2 weeks",
    "bi-weekly": "every 2 weeks",
    "fortnightly": "every 2 weeks",
    "monthly": "monthly",
    "bimonthly": "every 2 months",
    "bi-monthly": "every 2 months",
    "quarterly": "quarterly",
    "semiannual": "every 6 months",
    "semi-annual": "every 6 months",
    "semi-annually": "every 6 months",
    "half-yearly": "every 6 months",
    "annual": "yearly",
    "annually": "yearly",
    "yearly": "yearly",
    "biennial": "every 2 years",
}

STATUSES: Mapping[str, Literal["accepted", "refused", "not_subject", "unknown"]] = {
    "accepted": "accepted",
    "not accepted": "refused",
    "declined": "refused",
    "off": "unknown",
    "not subject": "not_subject",
    "unknown": "unknown",
    "pending": "unknown",
    "0": "unknown",
    "1": "not_subject",
    "2": "accepted",
    "3": "refused",
    "4": "unknown",
    "5": "unknown",
}
COMMUNICATIONS: Mapping[str, Literal["yes", "no", "unknown"]] = {
    "yes": "yes",
    "no": "no",
    "off": "unknown",
    # Kartra's documents contradict each other on the numbers: they decide nothing.
    "0": "unknown",
    "1": "unknown",
}
MAIL: Mapping[str, Literal["harmless", "unsubscribed", "reported_as_spam", "bounced"]] = {
    "subscribed": "harmless",
    "active": "harmless",
    # In Kartra this only means "on no list or sequence"; it is no refusal.
    "unsubscribed": "harmless",
    "not subscribed": "harmless",
    "inactive": "harmless",
    "0": "harmless",
    "no": "harmless",
    "false": "harmless",
    "do not contact": "unsubscribed",
    "declined commercial": "unsubscribed",
    "declined commercial messages": "unsubscribed",
    "declined": "unsubscribed",
    "spam complaint": "reported_as_spam",
    "spam": "reported_as_spam",
    "blocklisted": "bounced",
    "blacklisted": "bounced",
    "bounced": "bounced",
    "hard bounce": "bounced",
    "soft bounces": "bounced",
    "multiple soft bounces": "bounced",
}
