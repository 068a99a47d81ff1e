"""What stood in the destination before people changed it, for sums and links.

An edit that somebody made after the load was confirmed is no fault of the load: where the
thresholds accept edits, money and links are counted as they arrived. Not here: telling an
edit from a fault (``causes``).
"""

import json

import polars as pl

from kartra_freshsales.reconcile.references import REFERENCES, expected_id, known_ids
from kartra_freshsales.reconcile.values import columns, flat

EDITED = "edited_since"
_KEYS = ["module", "source_key"]


def before_edits(
    seen: pl.DataFrame,
    written: pl.DataFrame,
    comparison: pl.DataFrame,
    references: pl.DataFrame,
) -> pl.DataFrame:
    """The read-back with every field that people edited since set to what was sent.

    Args:
        seen: ``module, source_key, freshsales_id, seen`` (flat, JSON text).
        written: ``module, source_key, written`` (flat, JSON text).
        comparison: of ``compare_records``, with ``cause``; without it nothing changes.
        references: ``module, source_key, freshsales_id``, to resolve links.
    """
    if "cause" not in comparison.columns:
        return seen
    edits = (
        comparison.filter(pl.col("cause") == EDITED)
        .group_by(_KEYS)
        .agg(pl.col("field").alias("_edited"))
        .join(written.select(*_KEYS, "written"), on=_KEYS, how="inner")
    )
    if edits.is_empty():
        return seen
    known = known_ids(references)
    touched = seen.join(edits, on=_KEYS, how="inner", maintain_order="left")
    restored = [
        _restored(flat(str(read)), flat(str(sent)), list(fields), known)  # type: ignore[call-overload]
        for read, sent, fields in columns(touched, ("seen", "written", "_edited"))
    ]
    before = touched.select(_KEYS).with_columns(pl.Series("_before", restored, pl.String))
    return (
        seen.join(before, on=_KEYS, how="left", maintain_order="left")
        .with_columns(pl.coalesce("_before", "seen").alias("seen"))
        .drop("_before")
    )


def _restored(
    record: dict[str, object],
    sent: dict[str, object],
    fields: list[str],
    known: dict[tuple[str, str], int],
) -> str:
    for name in fields:
        reference = REFERENCES.get(name)
        if reference is None:
            record[name] = sent.get(name)
            continue
        for key in reference.read_keys:
            record.pop(key, None)
        record[name] = expected_id(reference, sent.get(name), known)
    return json.dumps(record, ensure_ascii=False, default=str)
