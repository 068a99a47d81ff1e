"""Fields on which overlapping exports of one contact disagree, for a person to look at.

The newest value was taken; whether that was right only people know (S74–S76). Not here:
finding the conflicts (``contact_lineage``).
"""

import polars as pl

_REMEDY = (
    "Nothing to do if the newest is right; else correct it in Kartra and export again. "
    "'trace' with the taken row shows the values."
)


def conflicts_to_review(conflicts: pl.DataFrame, contacts: pl.DataFrame) -> pl.DataFrame:
    """One line per contact and field, by place; never a value.

    Args:
        conflicts: ``CONFLICTS`` of golden contacts.
        contacts: golden contacts, for the other rows of each.

    Returns:
        ``taken (batch/file:row), field, values`` (how many there are), ``other rows`` and
        ``what to do``. Contacts that were left out have no row here.
    """
    place = pl.format("{}/{}:{}", "_batch", "_file", "_row")
    rows = pl.col("sources")
    return (
        conflicts.join(contacts.select("contact_key", "sources"), on="contact_key")
        .with_columns(place.alias("taken"))
        .sort("_batch", "_file", "_row", "field")
        .select(
            "taken",
            "field",
            pl.col("values").cast(pl.Int64),
            rows.list.set_difference(pl.concat_list("taken"))
            .list.sort()
            .list.join(", ")
            .alias("other rows"),
            pl.lit(_REMEDY).alias("what to do"),
        )
    )
