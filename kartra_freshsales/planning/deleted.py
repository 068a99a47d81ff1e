"""Records of ours that people deleted at the destination, and what a person decided (G5).

By default what people deleted stays deleted. Not here: finding out that it is gone
(``matching.missing``), erasing it from the recycle bin (``loading``).
"""

from collections.abc import Mapping

import polars as pl

from kartra_freshsales.mapping.decisions.conflicts import Conflicts
from kartra_freshsales.planning.matching import LIVE

DELETED, CREATED_AGAIN = "deleted_at_destination", "created_again_by_decision"
REMEDIES = {
    "deleted": (
        "People deleted it in Freshsales; it is not created again. Restore it there, or "
        "decide create_again for it in mappings/conflicts.yaml."
    ),
    "again": (
        "It is created again by decision; where it lies in the recycle bin it is erased "
        "there for good. Restore it in Freshsales instead, and plan again, to keep it."
    ),
}
_CREATED = "created"
_LINKED = {"sales_accounts": "sales_account", "contacts": "contact"}


def deletion(found: pl.DataFrame, missing: pl.DataFrame, said: Conflicts) -> pl.DataFrame:
    """Add ``_deleted`` and ``_again``: whether it is gone, and is to be made once more.

    Args:
        found: of ``matching.matched``.
        missing: of ``matching.missing``.
        said: the decisions. Only what we created may be created again: to make room for
            it the old one is erased, and what people had made is not ours to erase.
    """
    gone = missing.select(
        pl.col("module").alias("_endpoint"),
        pl.col("freshsales_id").cast(pl.Int64).alias("_id"),
        pl.lit(value=True).alias("_missing"),
    ).unique()
    joined = found.join(gone, on=("_endpoint", "_id"), how="left", maintain_order="left")
    known_gone = pl.col("_missing").fill_null(value=False) | (
        (pl.col("_state") != LIVE).fill_null(value=False)
    )
    joined = joined.with_columns(
        (pl.col("_record").is_null() & known_gone).alias("_deleted")
    )
    ours = joined.filter(pl.col("_deleted") & (pl.col("_origin") == _CREATED))
    rows = ours.select("_at", "module", "source_key").iter_rows()
    again = [at for at, module, key in rows if said.again(module, key)]
    wanted = pl.col("_at").is_in(pl.Series(again, dtype=pl.UInt32).implode())
    return joined.with_columns(wanted.alias("_again")).drop("_missing")


def without_lost(
    ids: Mapping[tuple[str, str], int], again: pl.DataFrame
) -> dict[tuple[str, str], int]:
    """The ids of what stands there, less those of records that are created again."""
    lost = set(again["_id"].drop_nulls())
    families = set(again["_family"])
    return {
        key: number
        for key, number in ids.items()
        if number not in lost or _family(key[0]) not in families
    }


def lost_ids(again: pl.DataFrame) -> dict[str, frozenset[int]]:
    """Link key → ids that links may still name although their record is made anew."""
    return {
        link: frozenset(again.filter(pl.col("_family") == family)["_id"].drop_nulls())
        for family, link in _LINKED.items()
    }


def _family(module: str) -> str:
    return "contacts" if module == "leads" else module
