"""The record audit before anything moves: raw against clean, what deserves a look (S66).

Not here: deciding what is left out (``mapping``), near-duplicates (``lookalikes``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.transforms.address_kinds import (
    PLACEHOLDER,
    ROLE,
    THROWAWAY,
    address_kind,
)
from kartra_freshsales.transforms.suppression import STALE, is_stale

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
SIGNS_ONLY, LOOKALIKE = "company of signs only", "may be a duplicate"
STALE_BUYERS = "stale, yet bought"
LARGE_ACCOUNT = 10_000
"""Contacts above which the timeline carries a risk (S77)."""

_REMEDIES = {
    NO_EMAIL: "Add the address in Kartra and export again; without one the row stays out.",
    NO_NAME: "Fill in a name in Kartra, or accept that the e-mail stands in for it.",
    JUNK_PHONE: "Correct the number in Kartra; it is kept as text and not sent as a phone.",
    SIGNS_ONLY: "Correct the company's name in Kartra: without a letter or digit it makes "
    "no account, and the contact moves without one.",
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


def _no_name() -> pl.Expr:
    return pl.col("first_name").is_null() & pl.col("last_name").is_null()


def _junk_phone() -> pl.Expr:
    return pl.col("phone_raw").is_not_null() & pl.col("phone").is_null()


def _signs_only() -> pl.Expr:
    return pl.col("company").is_not_null() & pl.col("account_key").is_null()


def _stale(
    found: _Measures, contacts: pl.DataFrame, buyers: pl.Series, rules: SourceRules
) -> None:
    """By the rule that ``suppress: [stale]`` follows, and how many of them bought."""
    stale = contacts.filter(is_stale(rules).fill_null(False))
    found.add(
        "worth a look",
        STALE,
        stale.height,
        f"Joined more than {rules.stale_after_days:,} days before the export and have no "
        "score (stale_after_days in mappings/source.yaml); decide whether they move.",
    )
    found.add(
        "worth a look",
        STALE_BUYERS,
        _count(stale, pl.col("contact_key").is_in(buyers.implode())),
        "Of these some have a transaction: leaving out the stale leaves out them, too.",
    )


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


def _worth_a_look(found: _Measures, contacts: pl.DataFrame, rows: pl.DataFrame) -> None:
    area = "worth a look"
    found.add(area, NO_EMAIL, _without_email(rows).height, _REMEDIES[NO_EMAIL])
    found.add(area, NO_NAME, _count(contacts, _no_name()), _REMEDIES[NO_NAME])
    found.add(area, JUNK_PHONE, _count(contacts, _junk_phone()), _REMEDIES[JUNK_PHONE])
    found.add(area, SIGNS_ONLY, _count(contacts, _signs_only()), _REMEDIES[SIGNS_ONLY])
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


def contact_audit(
    cleaned: pl.DataFrame,
    contacts: pl.DataFrame,
    rows: pl.DataFrame,
    *,
    buyers: pl.Series | None = None,
    source: SourceRules | None = None,
    large_account: int = LARGE_ACCOUNT,
) -> pl.DataFrame:
    """Measure the contacts, bounced and inactive ones included (S85, S89).

    Args:
        cleaned: cleaned contact rows of all batches.
        contacts: golden contacts.
        rows: row states of all kinds; the contacts' are taken.
        buyers: ``contact_key`` of everybody with a transaction or a subscription.
        source: when a contact is stale.
        large_account: contacts above which the timeline carries a risk.

    Returns:
        ``area, name, value, note``, in reading order. A measure that found nothing is 0.
    """
    found, own = _Measures(), _of_kind(rows.select("_kind", "state", "reason"), "contacts")
    _raw_and_clean(found, cleaned, contacts, own)
    _worth_a_look(found, contacts, own)
    customers = pl.Series([], dtype=pl.String) if buyers is None else buyers
    _stale(found, contacts, customers, source or SourceRules())
    for area, column in (
        ("consent", "consent"),
        ("GDPR status", "gdpr_status"),
        ("mail status", "mail_status"),
    ):
        found.add_counts(area, contacts, column)
    for name, column in (("owners", "owner"), ("companies", "account_key")):
        number = contacts.get_column(column).drop_nulls().n_unique()
        found.add("people and companies", name, number)
    large = int(contacts.height > large_account)
    found.add(
        "timeline",
        f"more than {large_account:,} contacts",
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
    named = cleaned.select(
        *_WHERE, "first_name", "last_name", "phone", "phone_raw", "company", "account_key"
    )
    parts: Sequence[pl.DataFrame] = (
        _listed(_without_email(_of_kind(rows, "contacts")), NO_EMAIL),
        _listed(named.filter(_no_name()), NO_NAME),
        _listed(named.filter(_junk_phone()), JUNK_PHONE),
        _listed(named.filter(_signs_only()), SIGNS_ONLY),
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
