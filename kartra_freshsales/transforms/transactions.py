"""Transactions: cleaned rows, and one golden record per sale or rebill (S14, S34–S36, S88).

Refunds, partial refunds and chargebacks are noted on the sale they undo; types that move no
money are set aside. Amounts are absolute: the type tells the direction.
What does not belong here: names, stages and fields of deals (``mapping``).
"""

import polars as pl

from kartra_freshsales.kartra.kinds import ALIASES, ExportKind
from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.mapping.source_words import TYPE_LABELS, type_key
from kartra_freshsales.transforms import dates
from kartra_freshsales.transforms.columns import custom_columns, known_shape, shaped_as
from kartra_freshsales.transforms.deal_columns import (
    CLEANED_TRANSACTIONS,
    GOLDEN_TRANSACTIONS,
)
from kartra_freshsales.transforms.deal_rows import (
    clean_cells,
    is_mangled,
    without_currency,
)
from kartra_freshsales.transforms.distinct import over_distinct
from kartra_freshsales.transforms.evidence import Evidence, learned
from kartra_freshsales.transforms.golden_deals import merge_sales
from kartra_freshsales.transforms.owners import read_owners
from kartra_freshsales.transforms.records import (
    RECORDS_TABLE,
    ROW_STATES_TABLE,
    Cleaned,
    Finding,
    Golden,
    GoldenTables,
    findings_by_file,
)
from kartra_freshsales.transforms.set_aside import set_aside_rows
from kartra_freshsales.transforms.spool import Spool

_KIND = str(ExportKind.TRANSACTIONS)
_AMOUNTS = ("amount", "sales_tax", "shipping_cost", "coupon_discount", "revenue")
_IDS = ("id", "processor_transaction_id", "subscription_id", "lead_id")
_TEXTS = (
    *_IDS, *_AMOUNTS, "transaction_type", "product", "price_point", "quantity",
    "processor", "subscription_payment_number", "trial", "coupon_code", "buyer_email",
    "owner",
)  # fmt: skip
_EXPORT_AGAIN = "Export again and do not open the file in a spreadsheet in between."
_REASONS = {
    "no_transaction_id": ("quarantined", "Export again: the row has no ID."),
    "mangled_id": ("quarantined", _EXPORT_AGAIN),
    "no_amount": ("quarantined", "Correct the amount in the file, or export again."),
    "unknown_type": (
        "quarantined",
        "Add the type to transactions.types in mappings/source.yaml.",
    ),
}
_EXCLUDED = "Nothing to do: no money moved. See transactions.types in mappings/source.yaml."


def transaction_evidence(raw: pl.LazyFrame, rules: SourceRules) -> Evidence:
    """What the files of a batch tell of their dates."""
    return learned(raw, rules, names=(), moments=("date",))


def unused_columns(rules: SourceRules) -> set[str]:
    """Known columns of transactions that no later step reads."""
    used = {*_TEXTS, "date", *rules.transactions.also}
    return set(ALIASES[ExportKind.TRANSACTIONS]) - used


def clean_transactions(
    raw: pl.DataFrame, rules: SourceRules, evidence: Evidence | None = None
) -> Cleaned:
    """Clean raw transaction rows of a batch, all of them or a slice.

    Args:
        raw: a raw frame of transactions; may hold nothing but provenance columns.
        rules: how to read it, and what becomes of each type.
        evidence: what whole files tell; None learns it from these rows.

    Returns:
        ``rows`` (``CLEANED_TRANSACTIONS`` and ``custom:*``) that are a deal or annotate
        one; ``set_aside`` with ``type_<type>`` for excluded types, no_transaction_id,
        mangled_id, no_amount and unknown_type.
    """
    told = evidence or transaction_evidence(raw.lazy(), rules)
    shaped = known_shape(raw, ExportKind.TRANSACTIONS, also=rules.transactions.also)
    needed = [*_TEXTS, "date", "_currency", "_batch", "_file", "_row", "_exported_at"]
    shaped = shaped.select(*needed, *custom_columns(shaped))
    kinds = over_distinct(shaped["transaction_type"], type_key, pl.String())
    treatments = _by_type(kinds, dict(rules.transactions.types))
    excluded = (treatments == "exclude").fill_null(False)
    wanted = shaped.with_columns(kinds.alias("_type"), treatments.alias("treatment"))
    frame, findings = clean_cells(
        wanted.filter(~excluded), _TEXTS, rules, ids=_IDS, amounts=_AMOUNTS
    )
    frame = frame.with_columns(_reason().alias("reason"))
    rows, more = _interpreted(frame.filter(pl.col("reason").is_null()), rules, told)
    reasons = {
        f"type_{kind}": ("excluded", _EXCLUDED) for kind in kinds.filter(excluded).unique()
    }
    no_money = wanted.filter(excluded).with_columns(
        pl.format("type_{}", "_type").alias("reason")
    )
    unusable = frame.filter(pl.col("reason").is_not_null())
    place = ("_batch", "_file", "_row", "reason")
    aside = pl.concat([no_money.select(place), unusable.select(place)])
    return Cleaned(
        rows, set_aside_rows(aside, _KIND, {**_REASONS, **reasons}), (*findings, *more)
    )


def _by_type(kinds: pl.Series, table: dict[str, str]) -> pl.Series:
    return over_distinct(kinds, table.get, pl.String())


def _reason() -> pl.Expr:
    return (
        pl.when(pl.col("treatment").is_null())
        .then(pl.lit("unknown_type"))
        .when(pl.col("id").is_null())
        .then(pl.lit("no_transaction_id"))
        .when(is_mangled(pl.col("id")))
        .then(pl.lit("mangled_id"))
        .when(pl.col("amount").is_null())
        .then(pl.lit("no_amount"))
    )


def _interpreted(
    frame: pl.DataFrame, rules: SourceRules, told: Evidence
) -> tuple[pl.DataFrame, list[Finding]]:
    findings = findings_by_file(
        frame.filter((pl.col("treatment") == "deal") & (pl.col("amount") < 0)),
        "is a payment with a negative amount; its absolute value is used",
        column="amount",
        remedy="Check in Kartra whether this is a refund under another type.",
    )
    findings += without_currency(frame)
    moments = dates.read_moments(frame, "date", rules, told.orders.get("date", {}))
    frame, more = read_owners(frame)
    labels = _by_type(
        frame["_type"], {key: TYPE_LABELS.get(key, key) for key in rules.transactions.types}
    )
    frame = frame.with_columns(
        pl.col("date").alias("date_raw"),
        pl.col("amount").abs(),
        moments.local.alias("_local"),
        labels.alias("type"),
        pl.col("id").alias("transaction_id"),
        pl.col("subscription_payment_number").alias("payment_number"),
        pl.format("txn:{}", "id").alias("deal_key"),
    ).with_columns(
        pl.col("_local").dt.date().alias("date"),
        dates.to_utc(pl.col("_local"), rules.zone).alias("date_at"),
    )
    rows = frame.select(
        *(pl.col(name).cast(dtype) for name, dtype in CLEANED_TRANSACTIONS.items()),
        *custom_columns(frame),
    )
    return rows, [*findings, *moments.findings, *more]


def golden_transactions(
    cleaned: pl.DataFrame, contacts: pl.DataFrame, rules: SourceRules
) -> Golden:
    """As ``golden_transaction_tables``, of frames and all in memory."""
    spool = Spool(at_once=max(cleaned.height, 1))
    return golden_transaction_tables(
        cleaned.lazy(), contacts.lazy(), rules, spool
    ).collected()


def golden_transaction_tables(
    cleaned: pl.LazyFrame, contacts: pl.LazyFrame, rules: SourceRules, spool: Spool
) -> GoldenTables:
    """Merge the cleaned rows of all batches by ID, find buyers, note refunds.

    Args:
        cleaned: ``CLEANED_TRANSACTIONS`` and ``custom:*`` of any batches in any order.
        contacts: golden contacts.
        rules: for the domains of test contacts.
        spool: an empty one, where the records are worked on.

    Returns:
        ``records`` (``GOLDEN_TRANSACTIONS`` and ``custom:*``);
        ``row_states``; ``findings`` with the count of each rung.
    """
    findings = merge_sales(
        shaped_as(cleaned, CLEANED_TRANSACTIONS), contacts, rules.test_domains, spool
    )
    return GoldenTables(
        shaped_as(spool.scan(RECORDS_TABLE), GOLDEN_TRANSACTIONS),
        spool.scan(ROW_STATES_TABLE),
        findings=findings,
    )
