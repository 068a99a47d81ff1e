"""Fields of records that stood there before us: meant by the source, never sent by us.

Where people had filled a field, theirs stays, and what was not sent is not among the
records that were written. Compared here all the same, so that no field goes unreported
(S16). Not here: fields that were sent (``compare``).
"""

import json

import polars as pl

from kartra_freshsales.freshsales.comparison import Verdict, is_blank, same
from kartra_freshsales.reconcile.causes import KEPT, with_causes
from kartra_freshsales.reconcile.compare import EQUAL, NORMALISED, compare_records
from kartra_freshsales.reconcile.values import columns, flat

MODULES = ("sales_accounts", "contacts", "leads", "deals", "subscriptions")
"""Modules whose records people may have made before us."""

_KEYS = ("module", "source_key")
_STANDING = ("skipped", "updated", "conflict")


def compare_unsent(
    results: pl.DataFrame,
    plan: pl.DataFrame,
    snapshot: pl.DataFrame,
    identities: pl.DataFrame,
) -> pl.DataFrame:
    """Compare what the plan means with what stands there, for fields that were not sent.

    Args:
        results: load results.
        plan: the load plan that they carried out, with ``payload`` and ``sources``.
        snapshot: the destination before the load.
        identities: the ledger's; records that we created are of no interest here.

    Returns:
        As ``with_causes``. A field that holds a value of people's own is ``kept``.
    """
    found = _adopted(results, plan, snapshot, identities)
    sent: list[str] = []
    for payload, written, seen in columns(found, ("payload", "written", "seen")):
        sent.append(json.dumps(_unsent(flat(str(payload)), flat(_text(written)),
                                       flat(_text(seen))), default=str))  # fmt: skip
    meant = found.with_columns(pl.Series("written", sent, pl.String))
    compared = compare_records(
        meant.select(*_KEYS, "written", "sources"),
        meant.select(*_KEYS, "freshsales_id", "seen"),
        references=identities,
        judge=_holds,
    )
    theirs = ~pl.col("verdict").is_in([EQUAL, NORMALISED]) & (
        pl.col("read").is_not_null() & ~pl.col("read").is_in(["", "[]"])
    )
    return with_causes(compared, judge=_holds).with_columns(
        pl.when(theirs).then(pl.lit(KEPT)).otherwise("cause").alias("cause")
    )


def _adopted(
    results: pl.DataFrame,
    plan: pl.DataFrame,
    snapshot: pl.DataFrame,
    identities: pl.DataFrame,
) -> pl.DataFrame:
    ours = identities.filter(pl.col("origin") == "created")
    now = snapshot.select("freshsales_id", pl.col("record").alias("_now"))
    return (
        results.filter(
            pl.col("module").is_in(MODULES)
            & pl.col("outcome").is_in(_STANDING)
            & pl.col("freshsales_id").is_not_null()
        )
        .join(ours, on=_KEYS, how="anti", maintain_order="left")
        .join(
            plan.select(*_KEYS, "payload").unique(_KEYS, keep="first"),
            on=_KEYS,
            how="inner",
            maintain_order="left",
        )
        .join(now.unique("freshsales_id"), on="freshsales_id", how="left",
              maintain_order="left")
        # What was written now was read back since; the rest stands as it was met.
        .with_columns(
            pl.when(pl.col("outcome") == "updated")
            .then(pl.coalesce("seen", "_now"))
            .otherwise(pl.coalesce("_now", "seen"))
            .alias("seen")
        )
        .filter(pl.col("seen").is_not_null())
    )  # fmt: skip


def _unsent(
    meant: dict[str, object], written: dict[str, object], seen: dict[str, object]
) -> dict[str, object]:
    """Fields the source has a value for, that we never wrote, and that can be read."""
    return {
        key: value
        for key, value in meant.items()
        if not is_blank(value)
        and key not in written
        # Relation ids may be left out of an answer without being empty.
        and not (key.endswith("_id") and key not in seen)
    }


def _holds(key: str, sent: object, read: object) -> Verdict:
    """As ``same``; but tags of people's own beside ours are no difference."""
    if key == "tags" and isinstance(sent, list) and isinstance(read, list):
        wanted, there = ({str(tag).casefold() for tag in tags} for tags in (sent, read))
        return Verdict(wanted <= there)
    if key == "name" and str(sent).casefold() == str(read).casefold():
        return Verdict(True)  # records are matched by name without case
    return same(key, sent, read)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
