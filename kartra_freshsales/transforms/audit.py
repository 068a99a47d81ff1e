"""The record audit before anything moves: raw against clean, what deserves a look (S66).

Not here: deciding what is left out (``mapping``), near-duplicates (``lookalikes``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from kartra_freshsales.transforms.address_kinds import (
    PLACEHOLDER,
    ROLE,
    THROWAWAY,
    address_kind,
)

MEASURES: dict[str, pl.DataType] = {
    "area": pl.String(),
    "name": pl.String(),
    "value": pl.Int64(),
    "note": pl.String(),
}
REVIEW: dict[str, pl.DataType] = {
    "batch": pl.String(),
    "file": pl.String(),
    "row": pl.Int64(),
    "problem": pl.String(),
    "remedy": pl.String(),
}
NO_EMAIL, NO_NAME, JUNK_PHONE = "no usable e-mail", "no name", "phone not usable"
LOOKALIKE = "may be a duplicate"

_REMEDIES = {
    NO_EMAIL: "Add the address in Kartra and export again; without one the row stays out.",
    NO_NAME: "Fill in a name in Kartra, or accept that the e-mail stands in for it.",
    JUNK_PHONE: "Correct the number in Kartra; it is kept as text and not sent as a phone.",
    LOOKALIKE: "Accept or reject it in mappings/duplicates.yaml; see "
    "reports/duplicate_proposals.csv.",
}
_ADDRESSES = {
    PLACEHOLDER: "Made up, as it seems; decide whether they move.",
    THROWAWAY: "Of a host for throw-away mailboxes; decide whether they move.",
    ROLE: "Of a role such as info@, not of a person.",
}
_EMAIL_REASONS = ("no_email", "invalid_email")
_WHERE = ("_batch", "_file", "_row")
_ROW = (
    pl.col("_batch").alias("batch"),
    pl.col("_file").alias("file"),
    pl.col("_row").cast(pl.Int64).alias("row"),
)


class AuditRules(BaseModel):
    """What counts as stale and as a large account."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stale_after_months: int = Field(default=24, ge=1)
    large_account: int = Field(default=10_000, ge=1)


@dataclass
class _Measures:
    """The growing list of measures, in reading order."""

    rows: list[tuple[str, str, int, str]] = field(default_factory=list)

    def add(self, area: str, name: str, value: int, note: str = "") -> None:
        self.rows.append((area, name, value, note))

    def add_counts(self, area: str, frame: pl.DataFrame, column: str) -> None:
        """One measure for each word in ``column``, the most frequent first."""
        words = pl.col(column).cast(pl.String).fill_null("(blank)")
        counts = frame.select(words).group_by(column).len("n")
        for word, number in counts.sort("n", column, descending=[True, False]).iter_rows():
            self.add(area, str(word), int(number))


def _count(frame: pl.DataFrame, condition: pl.Expr) -> int:
    return int(frame.select(condition.fill_null(False).sum()).item())


def as_of(cleaned: pl.DataFrame) -> datetime | None:
    """The moment the audit speaks of: the newest export, else the newest joining date.

    Taken from the data, so that the same exports always give the same answer.
    """
    for column in ("_exported_at", "date_joined"):
        newest = cleaned.get_column(column).max() if column in cleaned.columns else None
        if isinstance(newest, datetime):
            return newest
    return None


def _no_name() -> pl.Expr:
    return pl.col("first_name").is_null() & pl.col("last_name").is_null()


def _junk_phone() -> pl.Expr:
    return pl.col("phone_raw").is_not_null() & pl.col("phone").is_null()


def stale(
    contacts: pl.DataFrame,
    buyers: pl.Series | None,
    moment: datetime | None,
    rules: AuditRules,
) -> pl.Expr:
    """Joined too long ago, and no transaction since: true per contact."""
    if moment is None:
        return pl.lit(False)
    border = pl.lit(moment).dt.offset_by(f"-{rules.stale_after_months}mo")
    bought = (
        pl.lit(False) if buyers is None else pl.col("contact_key").is_in(buyers.implode())
    )
    return (pl.col("date_joined") < border) & ~bought


def _of_kind(rows: pl.DataFrame, kind: str) -> pl.DataFrame:
    return rows.filter(pl.col("_kind") == kind)


def _raw_and_clean(
    found: _Measures, cleaned: pl.DataFrame, contacts: pl.DataFrame, rows: pl.DataFrame
) -> None:
    area = "raw and clean"
    found.add(area, "rows in the exports", rows.height, "Every line read, of every file.")
    found.add(area, "contacts after cleaning", contacts.height, "One per e-mail address.")
    repeated = cleaned.height - cleaned.get_column("contact_key").n_unique()
    found.add(area, "repeated rows", repeated, "Same e-mail in several rows; merged.")
    for state in ("excluded", "suppressed", "quarantined"):
        number = _count(rows, pl.col("state") == state)
        found.add(area, f"rows {state}", number, "Each is listed with its reason.")


def _worth_a_look(
    found: _Measures, contacts: pl.DataFrame, rows: pl.DataFrame, is_stale: pl.Expr
) -> None:
    area = "worth a look"
    found.add(area, NO_EMAIL, _without_email(rows).height, _REMEDIES[NO_EMAIL])
    found.add(area, NO_NAME, _count(contacts, _no_name()), _REMEDIES[NO_NAME])
    found.add(area, JUNK_PHONE, _count(contacts, _junk_phone()), _REMEDIES[JUNK_PHONE])
    shared = _count(
        contacts, pl.col("phone").is_duplicated() & pl.col("phone").is_not_null()
    )
    found.add(area, "phone shared with another contact", shared, "May be one person twice.")
    bounced = _count(contacts, pl.col("consent") == "bounced")
    found.add(area, "bounced", bounced, "Mail to them came back; decide whether they move.")
    test = _count(rows, pl.col("reason") == "test_contact")
    found.add(area, "test contacts", test, "Left out; see test_domains.")
    kinds = contacts.select(address_kind(pl.col("contact_key")).alias("kind"))
    for kind, note in _ADDRESSES.items():
        found.add(area, f"{kind} address", _count(kinds, pl.col("kind") == kind), note)
    found.add(
        area,
        "stale",
        _count(contacts, is_stale),
        "Joined long ago and never bought; decide whether they move.",
    )


def contact_audit(
    cleaned: pl.DataFrame,
    contacts: pl.DataFrame,
    rows: pl.DataFrame,
    *,
    buyers: pl.Series | None = None,
    moment: datetime | None = None,
    rules: AuditRules | None = None,
) -> pl.DataFrame:
    """Measure the contacts, bounced and inactive ones included (S85, S89).

    Args:
        cleaned: cleaned contact rows of all batches.
        contacts: golden contacts.
        rows: row states of all kinds; the contacts' are taken.
        buyers: ``contact_key`` of everybody with a transaction or a subscription.
        moment: what "long ago" counts from; the newest export unless given.
        rules: limits of "stale" and "large".

    Returns:
        ``area, name, value, note``, in reading order. A measure that found nothing is 0.
    """
    limits = rules or AuditRules()
    found, own = _Measures(), _of_kind(rows.select("_kind", "state", "reason"), "contacts")
    is_stale = stale(contacts, buyers, moment or as_of(cleaned), limits)
    _raw_and_clean(found, cleaned, contacts, own)
    _worth_a_look(found, contacts, own, is_stale)
    for area, column in (
        ("consent", "consent"),
        ("GDPR status", "gdpr_status"),
        ("mail status", "mail_status"),
    ):
        found.add_counts(area, contacts, column)
    for name, column in (("owners", "owner"), ("companies", "account_key")):
        number = contacts.get_column(column).drop_nulls().n_unique()
        found.add("people and companies", name, number)
    large = int(contacts.height > limits.large_account)
    found.add(
        "timeline",
        f"more than {limits.large_account:,} contacts",
        large,
        "Export in several parts; extraction may take longer."
        if large
        else "No risk from size.",
    )
    return pl.DataFrame(found.rows, schema=MEASURES, orient="row")


def value_of(audit: pl.DataFrame, area: str, name: str) -> int:
    """One measure of ``contact_audit``; 0 where it does not stand."""
    found = audit.filter(area=area, name=name).get_column("value")
    return int(found.item()) if found.len() == 1 else 0


def _without_email(rows: pl.DataFrame) -> pl.DataFrame:
    # A merged row has a reason with the word too: same_email.
    stays_out = ~pl.col("state").is_in(["loaded", "merged"])
    return rows.filter(stays_out & pl.col("reason").is_in(_EMAIL_REASONS))


def _listed(frame: pl.DataFrame, problem: str) -> pl.DataFrame:
    return frame.select(
        *_ROW,
        pl.lit(problem).alias("problem"),
        pl.lit(_REMEDIES[problem]).alias("remedy"),
    )


def _alike(proposals: pl.DataFrame) -> pl.DataFrame:
    """The newest rows of contacts that were proposed as duplicates, each once."""
    pairs = proposals.filter(pl.col("kind") == "contact")
    places = pl.concat([pairs["keep_at"], pairs["other_at"]]).unique().alias("at")
    part = pl.DataFrame(places).with_columns(
        pl.col("at").str.extract_groups(r"^(?<_batch>[^/]*)/(?<_file>.*):(?<_row>\d+)$")
    )
    return _listed(part.unnest("at").with_columns(pl.col("_row").cast(pl.Int64)), LOOKALIKE)


def records_to_review(
    cleaned: pl.DataFrame, rows: pl.DataFrame, proposals: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Rows a person should see before the import (S100).

    Args:
        cleaned: cleaned contact rows.
        rows: row states; rows set aside for their e-mail are taken from here.
        proposals: duplicates that were proposed (``PROPOSALS``).

    Returns:
        ``batch, file, row, problem, remedy``; a row with two problems stands there twice.
        No value of a person is repeated: the file and line lead to it.
    """
    named = cleaned.select(*_WHERE, "first_name", "last_name", "phone", "phone_raw")
    parts: Sequence[pl.DataFrame] = (
        _listed(_without_email(_of_kind(rows, "contacts")), NO_EMAIL),
        _listed(named.filter(_no_name()), NO_NAME),
        _listed(named.filter(_junk_phone()), JUNK_PHONE),
        *(() if proposals is None else (_alike(proposals),)),
    )
    return pl.concat([pl.DataFrame(schema=REVIEW), *parts]).sort(
        "batch", "file", "row", "problem"
    )


def lifetime_estimate(transactions: pl.DataFrame) -> pl.DataFrame:
    """``currency, buyers, deals, sold, refunded, net``: an estimate, never a field (S38).

    Args:
        transactions: golden transactions. Currencies are never added to each other.
    """
    money = pl.Decimal(38, 2)
    return (
        transactions.group_by(pl.col("currency").fill_null("(none)"))
        .agg(
            pl.col("contact_key").drop_nulls().n_unique().cast(pl.Int64).alias("buyers"),
            pl.len().cast(pl.Int64).alias("deals"),
            pl.col("amount").cast(money).sum().alias("sold"),
            pl.col("refunded_amount").cast(money).fill_null(0).sum().alias("refunded"),
        )
        .with_columns((pl.col("sold") - pl.col("refunded")).alias("net"))
        .sort("currency")
    )
