"""The columns of cleaned and golden contacts, and how each raw one is treated: data only.

What does not belong here: the work (``contacts``, ``survivorship``), checks (``schemas``).
"""

import polars as pl

from kartra_freshsales.transforms.records import MOMENT, PROVENANCE

_TEXT = pl.String()
_NAMES = pl.List(pl.String())

CONTACTS: dict[str, pl.DataType] = {
    "contact_key": _TEXT,
    "email": _TEXT,
    "kartra_id": _TEXT,
    "first_name": _TEXT,
    "last_name": _TEXT,
    "phone": _TEXT,
    "phone_raw": _TEXT,
    "company": _TEXT,
    "account_key": _TEXT,
    "address": _TEXT,
    "city": _TEXT,
    "state": _TEXT,
    "zip": _TEXT,
    "country": _TEXT,
    "website": _TEXT,
    "facebook": _TEXT,
    "twitter": _TEXT,
    "linkedin": _TEXT,
    "instagram": _TEXT,
    "ip": _TEXT,
    "ip_country": _TEXT,
    "date_joined": MOMENT,
    "date_joined_raw": _TEXT,
    "score": pl.Int64(),
    "source": _TEXT,
    "source_detail": _TEXT,
    "time_zone": _TEXT,
    "language": _TEXT,
    "lifetime_spend": _TEXT,
    "mail_status": _TEXT,
    "gdpr_status": _TEXT,
    "gdpr_communications": _TEXT,
    "gdpr_status_date": MOMENT,
    "gdpr_status_date_raw": _TEXT,
    "gdpr_status_ip": _TEXT,
    "notes": _TEXT,
    "owner": _TEXT,
    "tags": _NAMES,
    "lists": _NAMES,
    "sequences": _NAMES,
    "memberships": _NAMES,
    "consent": _TEXT,
}
GOLDEN_CONTACTS: dict[str, pl.DataType] = {
    **CONTACTS,
    "other_emails": _NAMES,
    "other_kartra_ids": _NAMES,
    **PROVENANCE,
    "sources": _NAMES,
}
"""The columns of golden contacts beside ``custom:*``.

``other_…`` are the keys of contacts that were merged into this one by decision.
"""

CLEANED_CONTACTS: dict[str, pl.DataType] = {
    **CONTACTS,
    "gdpr_state": _TEXT,
    "block": _TEXT,
    "suppress": _TEXT,
    **PROVENANCE,
}
"""The columns of cleaned contacts beside ``custom:*``.

``gdpr_state`` and ``block`` are the row's consent facts (see ``consent``), ``suppress`` why
the operator leaves such a contact out, or null.
"""

VERBATIM = (
    "date_joined_raw",
    "gdpr_status_date_raw",
    "phone_raw",
    "mail_status",
    "gdpr_status",
    "gdpr_communications",
)
"""Kept exactly as written; only blanks and null words become null."""

PARAGRAPHS = ("address", "notes")
"""May hold line breaks."""

ONE_LINE = (
    "email", "kartra_id", "first_name", "last_name", "full_name", "phone_country_code",
    "phone", "company", "city", "state", "zip", "country", "website", "facebook", "twitter",
    "linkedin", "instagram", "ip", "ip_country", "date_joined", "score", "source",
    "source_detail", "time_zone", "language", "lifetime_spend", "tags", "lists",
    "sequences", "memberships", "gdpr_status_date", "gdpr_status_ip", "owner",
)  # fmt: skip
