"""What cleaning transactions and subscriptions has in common: ids, money, row states.

What does not belong here: what a transaction or a subscription is.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from kartra_freshsales.kartra.columns import CURRENCY
from kartra_freshsales.kartra.headers import split_currency
from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.transforms import emails, text
from kartra_freshsales.transforms.columns import CUSTOM, custom_columns
from kartra_freshsales.transforms.money import read_amounts
from kartra_freshsales.transforms.records import (
    ROW_STATES,
    Finding,
    findings_by_file,
    together,
)

# An id that a spreadsheet has rounded: many of them would become one and the same.
_MANGLED = r"^\d+(?:\.\d+)?[eE]\+?\d+$"


def clean_cells(
    frame: pl.DataFrame,
    columns: Sequence[str],
    rules: SourceRules,
    *,
    ids: Sequence[str],
    amounts: Sequence[str],
) -> tuple[pl.DataFrame, list[Finding]]:
    """Clean texts, make ``0`` no id, read amounts, and key the buyer's e-mail.

    Args:
        frame: a shaped raw frame.
        columns: all text columns to clean, the amounts among them.
        rules: how to read them.
        ids: of these, the ids.
        amounts: of these, the money.
    """
    frame, findings = text.clean_texts(frame, [*columns, *custom_columns(frame)], rules)
    no_id = pl.col(ids).is_in(["0", ""])
    frame = frame.with_columns(
        text.one_line(pl.col(columns)),
    ).with_columns(pl.when(~no_id).then(pl.col(ids)))
    for name in amounts:
        read = read_amounts(frame, name, rules)
        frame = frame.with_columns(read.values.alias(name))
        findings += read.findings
    key = emails.key(frame["buyer_email"])
    return frame.with_columns(
        key.alias("buyer_email"),
        pl.col(CURRENCY)
        .fill_null(pl.lit(rules.default_currency, pl.String))
        .alias("currency"),
    ), [*findings, *currency_findings(frame)]


def is_mangled(identifier: pl.Expr) -> pl.Expr:
    """Whether an id is a number in scientific notation, as spreadsheets write long ones."""
    return identifier.str.contains(_MANGLED).fill_null(False)


def currency_findings(frame: pl.DataFrame) -> list[Finding]:
    """Files that name several currencies: their amounts are never added up."""
    used = frame.select("_file", CURRENCY).drop_nulls().unique()
    for name in custom_columns(frame):
        code = split_currency(name.removeprefix(CUSTOM))[1]
        if code:
            files = frame.filter(pl.col(name).is_not_null()).select("_file").unique()
            used = pl.concat([used, files.with_columns(pl.lit(code).alias(CURRENCY))])
    counted = used.unique().group_by("_file").agg(pl.col(CURRENCY).sort()).sort("_file")
    return [
        Finding(
            f"holds amounts in several currencies ({', '.join(codes)}), never added up",
            file=file,
            remedy="Export each currency on its own if the other columns matter to you.",
        )
        for file, codes in counted.filter(pl.col(CURRENCY).list.len() > 1).iter_rows()
    ]


def without_currency(frame: pl.DataFrame) -> list[Finding]:
    """Files whose amounts have no currency."""
    return findings_by_file(
        frame.filter(pl.col("currency").is_null()),
        "has an amount without currency",
        column="currency",
        remedy="Set default_currency in mappings/source.yaml.",
    )


def record_states(
    rows: pl.DataFrame,
    problems: pl.DataFrame,
    kind: str,
    told: Mapping[str, tuple[str, str]],
) -> pl.DataFrame:
    """Where each row of a record ended.

    Args:
        rows: ``deal_key, _batch, _file, _row, _newest``.
        problems: ``deal_key, reason`` of the records that cannot be loaded.
        kind: which export.
        told: reason → state and remedy.

    Returns:
        ``ROW_STATES``. All rows of a record that cannot be loaded share its fate.
    """
    joined = rows.join(problems, on="deal_key", how="left", maintain_order="left")
    reason = pl.col("reason")
    state, remedy = (
        reason.replace_strict(
            {word: both[at] for word, both in told.items()},
            default=None,
            return_dtype=pl.String,
        )
        for at in (0, 1)
    )
    repeated = pl.when(~pl.col("_newest")).then(pl.lit("same_id"))
    loaded = pl.when("_newest").then(pl.lit("loaded")).otherwise(pl.lit("merged"))
    stated = joined.select(
        pl.lit(kind).alias("_kind"), "_batch", "_file", "_row",
        pl.coalesce(state, loaded).alias("state"),
        pl.coalesce(reason, repeated).alias("reason"),
        pl.when(reason.is_null()).then("deal_key").alias("record_key"),
        remedy.alias("remedy"),
    )  # fmt: skip
    return together([stated], ROW_STATES)
