"""Contacts that were loaded and later merged into another by decision (S85, G2).

Their rows go to the contact that stays, so that no export holds them any more; in
Freshsales they still stand, as doubles. They are told with what to do, and taken back only
by a rollback that a person approves. Not here: what else left the source (``departed``).
"""

import polars as pl

from kartra_freshsales.planning.departed import NO_EXPORT, NOT_COMPLETE

MERGED = "merged_into_another"
_OF_A_CONTACT = ("contacts", "leads", "notes")
_WHAT_TO_DO = {
    MERGED: "It was merged into another contact in mappings/duplicates.yaml and now stands "
    "in Freshsales as a double. To take it out, plan and approve: kartra-freshsales "
    "rollback --record with its id. Deals that were its own are linked to the other by the "
    "next load: load first.",
    NO_EXPORT: "No export holds it any more. To take it out, plan and approve: "
    "kartra-freshsales rollback --left-source. To keep it, do nothing.",
    NOT_COMPLETE: "The complete export does not hold it. To take it out, plan and approve: "
    "kartra-freshsales rollback --left-source. To keep it, do nothing.",
}


def with_merged(left: pl.DataFrame, contacts: pl.DataFrame) -> pl.DataFrame:
    """Say of records that left the source that they were merged into another.

    Args:
        left: of ``departed.left_the_source``.
        contacts: golden contacts with ``other_emails``.
    """
    gone = contacts["other_emails"].explode().drop_nulls().implode()
    contact = pl.col("source_key").str.extract(r"^(?:note:)?(.*?)(?:#\d+)?$")
    merged = (
        pl.col("module").is_in(_OF_A_CONTACT)
        & (pl.col("because") == NO_EXPORT)
        & contact.is_in(gone)
    )
    because = pl.when(merged).then(pl.lit(MERGED)).otherwise("because")
    return left.with_columns(because.alias("because"))


def with_what_to_do(left: pl.DataFrame) -> pl.DataFrame:
    """The same for people: each record with what to do about it."""
    told = pl.col("because").replace_strict(_WHAT_TO_DO, default="", return_dtype=pl.String)
    return left.with_columns(told.alias("what to do"))
