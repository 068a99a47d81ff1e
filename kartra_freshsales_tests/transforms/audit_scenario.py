"""A dozen contacts in which each thing the audit looks for happens once or twice."""

from datetime import UTC, datetime

import polars as pl

EXPORTED = datetime(2026, 3, 1, tzinfo=UTC)
OLD = datetime(2023, 1, 1, tzinfo=UTC)  # 1,155 days before the export
NEW = datetime(2025, 6, 1, tzinfo=UTC)
OWNER = "owner-north@example.com"

CONTACTS: tuple[dict[str, object], ...] = (
    # Old and without a score: stale.
    {"contact_key": "ada@example.com", "first_name": "Ada", "date_joined": OLD},
    # The same, though a buyer; the company is no name.
    {"contact_key": "ben@example.com", "first_name": "Ben", "date_joined": OLD,
     "score": 0, "company": "--"},
    {"contact_key": "clara@example.com", "last_name": "Cove", "date_joined": NEW,
     "company": "Acme", "account_key": "acme", "owner": OWNER, "gdpr_status": "Accepted",
     "consent": "subscribed", "tags": ["VIP", "Webinar Registered March"],
     "sequences": ["Welcome"], "lists": ["Main"]},
    # No name at all, and a phone nobody can dial.
    {"contact_key": "dan@example.org", "date_joined": NEW, "phone_raw": "12",
     "consent": "bounced", "mail_status": "Blocklisted", "tags": ["vip", "Quiz Completed"],
     "memberships": ["Gold"]},
    {"contact_key": "elena@example.org", "first_name": "Elena", "date_joined": NEW,
     "phone": "+12015550123", "phone_raw": "201 555 0123", "company": "Acme",
     "account_key": "acme",
     "tags": ["Webinar Registered March", "Webinar Attended March"], "notes": "Called."},
)  # fmt: skip
SCHEMA: dict[str, pl.DataType] = {
    "contact_key": pl.String(),
    "first_name": pl.String(),
    "last_name": pl.String(),
    "phone": pl.String(),
    "phone_raw": pl.String(),
    "company": pl.String(),
    "account_key": pl.String(),
    "score": pl.Int64(),
    "date_joined": pl.Datetime("us", "UTC"),
    "gdpr_status": pl.String(),
    "mail_status": pl.String(),
    "consent": pl.String(),
    "owner": pl.String(),
    "notes": pl.String(),
    "tags": pl.List(pl.String()),
    "lists": pl.List(pl.String()),
    "sequences": pl.List(pl.String()),
    "memberships": pl.List(pl.String()),
    "_batch": pl.String(),
    "_file": pl.String(),
    "_row": pl.Int64(),
    "_exported_at": pl.Datetime("us", "UTC"),
}


def contacts() -> pl.DataFrame:
    """The golden contacts, rows 2 to 6 of one file."""
    common = {"_batch": "jan", "_file": "contacts.csv", "_exported_at": EXPORTED}
    empty: dict[str, object] = {
        name: [] for name in ("tags", "lists", "sequences", "memberships")
    }
    rows = [
        {"consent": "not_subscribed", **empty, **common, "_row": number, **row}
        for number, row in enumerate(CONTACTS, start=2)
    ]
    return pl.DataFrame(rows, schema=SCHEMA)


def cleaned() -> pl.DataFrame:
    """The cleaned rows: Ada stands in the file twice."""
    rows = contacts()
    return pl.concat(
        [rows, rows.head(1).with_columns(pl.lit(7).cast(pl.Int64).alias("_row"))]
    )


def row_states() -> pl.DataFrame:
    """Rows 2 to 10 of the contacts, and one transaction that must not be counted."""
    rows: list[tuple[str, int, str, str | None]]
    rows = [("contacts", row, "loaded", None) for row in range(2, 7)]
    rows += [
        ("contacts", 7, "merged", "same_email"),
        ("contacts", 8, "quarantined", "no_email"),
        ("contacts", 9, "quarantined", "invalid_email"),
        ("contacts", 10, "suppressed", "do_not_contact"),
        ("transactions", 2, "excluded", "failed"),
    ]
    return pl.DataFrame(
        [(kind, "jan", f"{kind}.csv", row, state, why) for kind, row, state, why in rows],
        schema={
            "_kind": pl.String,
            "_batch": pl.String,
            "_file": pl.String,
            "_row": pl.Int64,
            "state": pl.String,
            "reason": pl.String,
        },
        orient="row",
    )


def with_tags(*tags: str) -> pl.DataFrame:
    """One contact for each tag."""
    return pl.DataFrame(
        {
            "contact_key": [f"person{number}@example.com" for number in range(len(tags))],
            "tags": [[tag] for tag in tags],
        },
        schema={"contact_key": pl.String, "tags": pl.List(pl.String)},
    )
