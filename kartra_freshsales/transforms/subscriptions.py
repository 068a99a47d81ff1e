"""Subscriptions: cleaned rows, and one golden record per subscription (S39–S43).

What does not belong here: whether a subscription becomes a deal, a product or a field.
"""

import polars as pl

from kartra_freshsales.kartra.kinds import ExportKind
from kartra_freshsales.mapping.cleaning_rules import SourceRules, folded
from kartra_freshsales.transforms import dates
from kartra_freshsales.transforms.buyers import BUYER_REASONS, with_buyers
from kartra_freshsales.transforms.columns import custom_columns, known_shape, shaped_as
from kartra_freshsales.transforms.deal_columns import (
    CLEANED_SUBSCRIPTIONS,
    GOLDEN_SUBSCRIPTIONS,
)
from kartra_freshsales.transforms.deal_rows import (
    clean_cells,
    is_mangled,
    record_states,
    without_currency,
)
from kartra_freshsales.transforms.distinct import over_distinct
from kartra_freshsales.transforms.intervals import canonical
from kartra_freshsales.transforms.newest import merged
from kartra_freshsales.transforms.owners import read_owners
from kartra_freshsales.transforms.records import (
    Cleaned,
    Finding,
    Golden,
    findings_by_file,
)
from kartra_freshsales.transforms.set_aside import set_aside_rows

_KIND = str(ExportKind.SUBSCRIPTIONS)
_AMOUNTS = ("next_payment_amount", "total_paid")
_DATES = ("start_date", "end_date", "last_payment_date", "next_payment_date")
_IDS = ("subscription_id", "lead_id")
_TEXTS = (
    *_IDS, *_AMOUNTS, *_DATES, "status", "product", "price_point", "interval",
    "payments_made", "payments_left", "processor", "buyer_email", "owner",
)  # fmt: skip
_REASONS = {
    "no_subscription_key": (
        "quarantined",
        "Export again with the subscription id, or with the buyer's e-mail and product.",
    ),
    "mangled_id": (
        "quarantined",
        "Export again and do not open the file in a spreadsheet in between.",
    ),
    "subscription_ambiguous": (
        "quarantined",
        "Without an id, rows of one buyer, product and price look alike: export it.",
    ),
}


def clean_subscriptions(raw: pl.DataFrame, rules: SourceRules) -> Cleaned:
    """Clean the raw subscription rows of a batch.

    Args:
        raw: a raw frame of subscriptions; may hold nothing but provenance columns.
        rules: how to read it.

    Returns:
        ``rows`` (``CLEANED_SUBSCRIPTIONS`` and ``custom:*``); ``set_aside`` with the
        reasons no_subscription_key, mangled_id and subscription_ambiguous.
    """
    shaped = known_shape(raw, ExportKind.SUBSCRIPTIONS, also=rules.subscriptions.also)
    custom = custom_columns(shaped)
    needed = [*_TEXTS, "_currency", "_batch", "_file", "_row", "_exported_at"]
    frame, findings = clean_cells(
        shaped.select(*needed, *custom), _TEXTS, rules, ids=_IDS, amounts=_AMOUNTS
    )
    frame = frame.with_columns(_key().alias("deal_key"))
    frame = frame.with_columns(_reason().alias("reason"))
    rows, more = _interpreted(frame.filter(pl.col("reason").is_null()), rules)
    aside = frame.filter(pl.col("reason").is_not_null())
    return Cleaned(
        rows.select(
            *(pl.col(name).cast(dtype) for name, dtype in CLEANED_SUBSCRIPTIONS.items()),
            *custom,
        ),
        set_aside_rows(aside, _KIND, _REASONS),
        (*findings, *more),
    )


def _key() -> pl.Expr:
    """The id, else buyer, product and price point."""
    described = pl.concat_str(
        "buyer_email",
        pl.col("product").str.to_lowercase(),
        pl.col("price_point").str.to_lowercase().fill_null(""),
        separator="/",
    )
    return pl.format("sub:{}", pl.coalesce("subscription_id", described))


def _reason() -> pl.Expr:
    same = pl.struct("_file", "deal_key").is_duplicated()
    return (
        pl.when(pl.col("deal_key").is_null())
        .then(pl.lit("no_subscription_key"))
        .when(is_mangled(pl.col("subscription_id")))
        .then(pl.lit("mangled_id"))
        .when(pl.col("subscription_id").is_null() & same)
        .then(pl.lit("subscription_ambiguous"))
    )


def _interpreted(
    frame: pl.DataFrame, rules: SourceRules
) -> tuple[pl.DataFrame, list[Finding]]:
    findings = without_currency(frame.filter(pl.col("next_payment_amount").is_not_null()))
    for name in _DATES:
        moments = dates.read_moments(frame, name, rules)
        frame = frame.with_columns(moments.local.dt.date().alias(name))
        findings += moments.findings
    frame, more = _read_words(frame, rules)
    frame, owners = read_owners(frame)
    return frame, [*findings, *more, *owners]


def _read_words(
    frame: pl.DataFrame, rules: SourceRules
) -> tuple[pl.DataFrame, list[Finding]]:
    """Status and interval in one wording, their texts kept beside them."""
    statuses, intervals = rules.subscriptions.statuses, rules.subscriptions.intervals
    status = over_distinct(
        frame["status"], lambda word: statuses.get(folded(word)), pl.String()
    )
    interval = over_distinct(
        frame["interval"], lambda term: canonical(term, intervals), pl.String()
    )
    findings: list[Finding] = []
    for name, read, table in (
        ("status", status, "statuses"),
        ("interval", interval, "intervals"),
    ):
        findings += findings_by_file(
            frame.select("_file", "_row").filter(
                frame[name].is_not_null() & read.is_null()
            ),
            f"is no known {name}; the text is kept, the {name} is left empty",
            column=name,
            remedy=f"Add the word to subscriptions.{table} in mappings/source.yaml.",
        )
    raw = [pl.col(name).alias(f"{name}_raw") for name in ("status", "interval")]
    return frame.with_columns(raw).with_columns(status, interval), findings


def golden_subscriptions(
    cleaned: pl.DataFrame, contacts: pl.DataFrame, rules: SourceRules
) -> Golden:
    """Merge the cleaned rows of all batches by subscription, and find the buyers.

    Args:
        cleaned: ``CLEANED_SUBSCRIPTIONS`` and ``custom:*`` of any batches in any order.
        contacts: golden contacts.
        rules: for the domains of test contacts.

    Returns:
        ``records`` (``GOLDEN_SUBSCRIPTIONS`` and ``custom:*``) and
        ``row_states``; ``findings`` with the count of each rung.
    """
    custom = custom_columns(cleaned)
    shaped = shaped_as(cleaned.lazy(), CLEANED_SUBSCRIPTIONS).collect()
    records, rows = merged(shaped, "deal_key")
    records = with_buyers(records, contacts, rules.test_domains)
    problems = records.filter(pl.col("reason").is_not_null()).select("deal_key", "reason")
    kept = records.filter(pl.col("reason").is_null())
    rungs = kept.group_by("join_rung").len().sort("join_rung")
    return Golden(
        kept.select(
            *(pl.col(name).cast(dtype) for name, dtype in GOLDEN_SUBSCRIPTIONS.items()),
            *custom,
        ),
        record_states(rows, problems, _KIND, BUYER_REASONS),
        findings=tuple(
            Finding(f"buyers found by {rung}", count=count)
            for rung, count in rungs.iter_rows()
        ),
    )
