"""Sending again only what failed for one reason, once that is mended (G13).

Not here: what failed and why (results of the load), remembering the selection.
"""

import polars as pl

from kartra_freshsales.planning.closure import FAMILY
from kartra_freshsales.planning.tokens import texts

HELD_BACK = "not_in_this_retry"
_REMEDY = "Only one reason was retried: run 'migrate' without --retry to send the rest."
AGAIN = ("failed", "refused", "conflict")
_WRITES = ("create", "update")


def of_class(results: pl.DataFrame, error_class: str) -> pl.DataFrame:
    """``module, source_key`` of what did not arrive for a reason of this class.

    Args:
        results: ``module, source_key, outcome, reason`` of a load.
        error_class: the reason without its field, such as ``required`` of
            ``required:city``.
    """
    reason = pl.col("reason").str.split(":").list.first()
    return (
        results.filter(pl.col("outcome").is_in(AGAIN) & (reason == error_class))
        .select("module", "source_key")
        .unique(maintain_order=True)
    )


def retried(plan: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
    """The plan with every write held back that is not chosen or hangs on what is.

    Args:
        plan: columns of ``planning.plan.SCHEMA``, parents first.
        chosen: ``module, source_key``.

    Returns:
        The same rows; those held back are refused, with reason and remedy.
    """
    rows = plan.select(
        "module",
        "source_key",
        FAMILY.alias("family"),
        texts(plan, "sales_account").alias("account"),
        texts(plan, "contact").alias("contact"),
    )
    wanted = set(chosen.iter_rows())
    going: set[tuple[str, str | None]] = set()
    kept = []
    for module, key, family, account, contact in rows.iter_rows():
        hangs = {("sales_accounts", account), ("contacts", contact)} & going
        kept.append((module, key) in wanted or bool(hangs))
        if kept[-1]:
            going.add((family, key))
    held = pl.lit(pl.Series(kept, dtype=pl.Boolean)).not_() & pl.col("operation").is_in(
        _WRITES
    )
    no_fields = pl.lit([], dtype=pl.List(pl.String))
    return plan.with_columns(
        pl.when(held).then(pl.lit("refuse")).otherwise("operation").alias("operation"),
        pl.when(held).then(no_fields).otherwise("fields").alias("fields"),
        pl.when(held).then(pl.lit(HELD_BACK)).otherwise("reason").alias("reason"),
        pl.when(held).then(pl.lit(_REMEDY)).otherwise("remedy").alias("remedy"),
    )
