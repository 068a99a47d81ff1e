"""Notes and marketing lists of contacts (S20, S47–S50).

Not here: tags, notes about subscriptions.
"""

import polars as pl

from kartra_freshsales.mapping.building.rows import SCHEMA, Problems, intended_rows
from kartra_freshsales.mapping.model import Mapping


def empty_rows() -> pl.DataFrame:
    """No intended record."""
    return pl.DataFrame(schema=SCHEMA)


def note_rows(
    contacts: pl.DataFrame, problems: pl.DataFrame, mapping: Mapping
) -> pl.DataFrame:
    """Kartra's notes text of each contact as one note, or several where it is long.

    Args:
        contacts: prepared golden contacts.
        problems: intended rows of the contacts.
        mapping: the decisions.
    """
    if not (mapping.notes.load and mapping.fields.derives("contacts", "note")):
        return empty_rows()
    size = mapping.notes.split_at
    text = pl.col("notes").str.strip_chars()
    frame = (
        contacts.filter(text.is_not_null() & (text != ""))
        .with_columns(text.alias("notes"))
        .with_columns(
            pl.int_ranges(0, pl.col("notes").str.len_chars(), size).alias("_from")
        )
        .explode("_from", empty_as_null=False)
        .join(_refused(problems), on="contact_key", how="left", maintain_order="left")
    )
    part = pl.col("_from") // size + 1
    number = pl.when(part > 1).then(pl.format("#{}", part)).otherwise(pl.lit(""))
    found = Problems()
    found.add("parent_refused", pl.col("_contact_problem").is_not_null())
    return intended_rows(
        frame,
        module="notes",
        key=pl.format("note:{}{}", "contact_key", number),
        payload=[
            pl.col("notes").str.slice(pl.col("_from"), size).alias("description"),
            pl.col("contact_key").alias("contact"),
        ],
        problems=found,
    )


def _refused(problems: pl.DataFrame) -> pl.DataFrame:
    return problems.select(
        pl.col("source_key").alias("contact_key"),
        pl.col("problem").alias("_contact_problem"),
    )


def list_rows(
    contacts: pl.DataFrame, problems: pl.DataFrame, mapping: Mapping
) -> pl.DataFrame:
    """One row per list and batch with the members the batch owns, sorted.

    Contacts that cannot be sent are no members; their own rows say why.

    Args:
        contacts: prepared golden contacts (``_lists``).
        problems: intended rows of the contacts.
        mapping: the decisions.
    """
    wanted = mapping.lists_become == "list" and mapping.fields.derives("contacts", "lists")
    if not wanted:
        return empty_rows()
    members = (
        contacts.select("contact_key", "_batch", "_lists", "sources")
        .join(_refused(problems), on="contact_key", how="left", maintain_order="left")
        .filter(pl.col("_contact_problem").is_null())
        .explode("_lists", empty_as_null=False)
        .drop_nulls("_lists")
        .sort("contact_key")
        .group_by("_lists", "_batch", maintain_order=True)
        .agg("contact_key", pl.col("sources").explode(empty_as_null=False).unique().sort())
        .sort("_lists", "_batch")
    )
    payload = [pl.col("_lists").alias("name"), pl.col("contact_key").alias("members")]
    return intended_rows(members, module="lists", key="_lists", payload=payload)
