"""Why a field differs: one cause per difference, and the causes add up (G3).

Not here: finding the differences (``compare``) or judging them (``certificate``).
"""

from collections.abc import Mapping

import polars as pl

from kartra_freshsales.freshsales.comparison import same
from kartra_freshsales.reconcile.compare import DIFFERENT, EQUAL, MISSING, NORMALISED, Judge
from kartra_freshsales.reconcile.references import REFERENCES, read_ids
from kartra_freshsales.reconcile.values import as_text, columns, flat

CAUSES: dict[str, str] = {
    "equal": "Stands there exactly as sent.",
    "normalised": "Means the same; written differently by a named rule.",
    "destination_rewrite": "Freshsales stored something else than it was sent.",
    "truncated": "Freshsales kept only the beginning of the text.",
    "edited_since": "Arrived as sent and was changed there afterwards.",
    "record_missing": "The record was not found when everything was read back.",
    "field_missing": "The record is there; this field is empty.",
    "wrong": "Differs, and nothing on record explains it.",
    "kept": "Stood there before us with a value of people's own, which was left to them.",
}
"""What each cause means; every field compared has exactly one."""

WHAT_TO_DO: dict[str, str] = {
    "equal": "Nothing.",
    "normalised": "Nothing: the value is the same.",
    "destination_rewrite": "Decide whether the stored value will do. If not, correct the "
    "source or the map to what Freshsales accepts, then plan again.",
    "truncated": "Map it to a field that holds longer texts, then plan again.",
    "edited_since": "Nothing: somebody works with the record already.",
    "record_missing": "Look for the record in Freshsales' recycle bin; restore it, or plan "
    "and load again.",
    "field_missing": "See whether the field still exists and the key may write to it; then "
    "plan and load again.",
    "wrong": "Open the record beside the source row and correct it there; if many differ, "
    "plan again.",
    "kept": "Nothing, unless the export is right: then change it by hand.",
}
"""What a person does about it."""

UNPROVEN = ("destination_rewrite", "truncated", "record_missing", "field_missing", "wrong")
"""Causes that say that something did not arrive as it was meant."""

KEPT = "kept"

_KEYS = ("module", "source_key")


def _confirmed(confirmed: pl.DataFrame) -> dict[tuple[str, str], Mapping[str, object]]:
    return {
        (str(module), str(key)): flat(text)
        for module, key, text in columns(confirmed, (*_KEYS, "seen"))
        if isinstance(text, str)
    }


def _then(record: Mapping[str, object], field: str) -> object:
    """What stood in the field when the load confirmed it."""
    if field in REFERENCES:
        found = sorted(read_ids(REFERENCES[field], record))
        return found[0] if len(found) == 1 else found or None
    return record.get(field)


def _cause_of_difference(
    field: str,
    sent: str | None,
    read: str | None,
    record: Mapping[str, object] | None,
    judge: Judge,
) -> str:
    if record is not None:
        then = _then(record, field)
        if as_text(then) == sent or judge(field, sent, then).equal:
            return "edited_since"
    if read and sent and len(read) < len(sent) and sent.startswith(read):
        return "truncated"
    if not read:
        return "field_missing"
    if record is not None and as_text(_then(record, field)) == read:
        return "destination_rewrite"
    return "wrong"


def with_causes(
    comparison: pl.DataFrame,
    confirmed: pl.DataFrame | None = None,
    *,
    judge: Judge = same,
) -> pl.DataFrame:
    """Add ``cause`` to a comparison: one word of ``CAUSES`` for every row.

    Args:
        comparison: the answer of ``compare_records``.
        confirmed: ``module, source_key, seen``: what each record held when its load was
            confirmed. With it an edit made since is told from a rewrite by Freshsales;
            without it neither is claimed.
        judge: who decides whether two values mean the same.
    """
    records = {} if confirmed is None else _confirmed(confirmed)
    differing = comparison.with_row_index("_n").filter(
        pl.col("verdict").is_in([DIFFERENT, MISSING])
        & pl.col("freshsales_id").is_not_null()
    )
    causes = [
        _cause_of_difference(
            str(field),
            _optional(sent),
            _optional(read),
            records.get((str(module), str(key))),
            judge,
        )
        for module, key, field, sent, read in columns(
            differing, (*_KEYS, "field", "sent", "read")
        )
    ]
    found = differing.select("_n").with_columns(pl.Series("_cause", causes, pl.String))
    return (
        comparison.with_row_index("_n")
        .join(found, on="_n", how="left", maintain_order="left")
        .with_columns(
            pl.when(pl.col("verdict").is_in([EQUAL, NORMALISED]))
            .then(pl.col("verdict"))
            .otherwise(pl.col("_cause").fill_null("record_missing"))
            .alias("cause")
        )
        .drop("_n", "_cause")
    )


def _optional(value: object) -> str | None:
    return value if isinstance(value, str) else None


def cause_counts(caused: pl.DataFrame) -> pl.DataFrame:
    """Fields by ``module, cause``; their sum is the number of fields compared."""
    return (
        caused.group_by("module", "cause")
        .agg(pl.len().cast(pl.Int64).alias("fields"))
        .sort("module", "fields", "cause", descending=[False, True, False])
    )
