"""One batch's contact rows, cleaned; those that cannot go on are set aside with a reason.

What does not belong here: merging the rows of one person (``survivorship``).
"""

import polars as pl

from kartra_freshsales.kartra.kinds import ExportKind
from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.transforms import companies, consent, dates, emails, text
from kartra_freshsales.transforms.columns import custom_columns, known_shape
from kartra_freshsales.transforms.contact_columns import (
    CLEANED_CONTACTS,
    ONE_LINE,
    PARAGRAPHS,
    VERBATIM,
)
from kartra_freshsales.transforms.evidence import Evidence, learned
from kartra_freshsales.transforms.file_meanings import with_file_meanings
from kartra_freshsales.transforms.names import split_full_names
from kartra_freshsales.transforms.names_in_cells import LIST_COLUMNS, split_columns
from kartra_freshsales.transforms.owners import read_owners
from kartra_freshsales.transforms.records import (
    Cleaned,
    Finding,
    findings_by_file,
)
from kartra_freshsales.transforms.set_aside import set_aside_rows
from kartra_freshsales.transforms.suppression import suppress_reason

_ALSO = ("middle_name", "last_name2", "google_plus")
_REASONS = {
    "no_email": (
        "quarantined",
        "Add an e-mail address to the contact in Kartra and export again.",
    ),
    "invalid_email": (
        "quarantined",
        "Correct the e-mail address in Kartra and export again.",
    ),
    "test_contact": (
        "excluded",
        "Nothing to do; to keep them, change test_domains in mappings/source.yaml.",
    ),
}


_MOMENTS = ("date_joined", "gdpr_status_date")


def contact_evidence(raw: pl.LazyFrame, rules: SourceRules) -> Evidence:
    """What the files of a batch tell of their lists and dates."""
    return learned(raw, rules, names=LIST_COLUMNS, moments=_MOMENTS)


def clean_contacts(
    raw: pl.DataFrame, rules: SourceRules, evidence: Evidence | None = None
) -> Cleaned:
    """Clean raw contact rows of a batch, all of them or a slice.

    Args:
        raw: a raw frame of contacts; may hold nothing but provenance columns.
        rules: how to read it.
        evidence: what whole files tell; None learns it from these rows.

    Returns:
        ``rows`` with the columns of ``CLEANED_CONTACTS`` and ``custom:*``; ``set_aside``
        with the reasons no_email, invalid_email and test_contact.
    """
    told = evidence or contact_evidence(raw.lazy(), rules)
    shaped = known_shape(raw, ExportKind.CONTACTS, also=_ALSO)
    shaped = shaped.with_columns(
        pl.col("date_joined").alias("date_joined_raw"),
        pl.col("gdpr_status_date").alias("gdpr_status_date_raw"),
        pl.col("phone").alias("phone_raw"),
    ).with_columns(text.without_null_words(pl.col(VERBATIM), rules))
    custom = custom_columns(shaped)
    texts, findings = text.clean_texts(shaped, [*ONE_LINE, *PARAGRAPHS, *custom], rules)
    texts = texts.with_columns(text.one_line(pl.col(ONE_LINE)))
    keyed = texts.with_columns(emails.key(texts["email"]).alias("contact_key"))
    keyed = keyed.with_columns(_reason(keyed, rules).alias("reason"))
    going_on = keyed.filter(pl.col("reason").is_null()).drop("reason")
    rows, more = _interpreted(going_on, rules, told)
    return Cleaned(
        rows.select(
            *(pl.col(name).cast(dtype) for name, dtype in CLEANED_CONTACTS.items()), *custom
        ),
        set_aside_rows(
            keyed.filter(pl.col("reason").is_not_null()), str(ExportKind.CONTACTS), _REASONS
        ),
        (*findings, *more),
    )


def _reason(frame: pl.DataFrame, rules: SourceRules) -> pl.Expr:
    address = pl.col("contact_key")
    valid = pl.lit(emails.is_valid(frame["contact_key"]))
    return (
        pl.when(address.is_null())
        .then(pl.lit("no_email"))
        .when(~valid)
        .then(pl.lit("invalid_email"))
        .when(emails.domain(address).is_in(rules.test_domains))
        .then(pl.lit("test_contact"))
    )


def _interpreted(
    frame: pl.DataFrame, rules: SourceRules, told: Evidence
) -> tuple[pl.DataFrame, list[Finding]]:
    """Texts as what they mean: dates, phones, lists, consent, owner, account."""
    findings: list[Finding] = []
    frame = split_full_names(frame)
    for name in _MOMENTS:
        moments = dates.read_moments(frame, name, rules, told.orders.get(name, {}))
        frame = frame.with_columns(moments.local.alias(name)).with_columns(
            dates.to_utc(pl.col(name), rules.zone)
        )
        findings += moments.findings
    frame = split_columns(frame, LIST_COLUMNS, rules, told.marks)
    frame, more = with_file_meanings(frame, rules)
    findings += more
    frame, more = consent.read_consent(frame, rules.consent)
    findings += more
    for read in (_read_phones, _read_score):
        frame, more = read(frame, rules)
        findings += more
    frame, more = read_owners(frame)
    account_key = companies.account_keys(frame["company"], rules.legal_suffixes)
    frame = frame.with_columns(account_key)
    return frame.with_columns(suppress_reason(rules).alias("suppress")), [*findings, *more]


def _read_phones(
    frame: pl.DataFrame, rules: SourceRules
) -> tuple[pl.DataFrame, list[Finding]]:
    # The numbering plans of the world are slow to load; definitions load without.
    from kartra_freshsales.transforms.phones import e164  # noqa: PLC0415

    read = e164(frame["phone"], frame["phone_country_code"], rules.phone_region)
    junk = frame.select("_file", "_row").filter(
        frame["phone"].is_not_null() & read.is_null()
    )
    findings = findings_by_file(
        junk,
        "is no valid phone number; the text is kept, the phone is left empty",
        column="phone",
        remedy="Correct the number in Kartra, or set phone_region in mappings/source.yaml.",
    )
    return frame.with_columns(read.alias("phone")), findings


def _read_score(
    frame: pl.DataFrame, rules: SourceRules
) -> tuple[pl.DataFrame, list[Finding]]:
    score = frame.select(
        pl.col("score").str.replace(r"\.0+$", "").cast(pl.Int64, strict=False)
    ).to_series()
    lost = frame.select("_file", "_row").filter(
        frame["score"].is_not_null() & score.is_null()
    )
    findings = findings_by_file(
        lost,
        "is no whole number; the score is left empty",
        column="score",
        remedy="Correct the cell, if the score matters.",
    )
    return frame.with_columns(score), findings
