"""Sales accounts as payloads (S30–S33).

Not here: which companies are one (``transforms``).
"""

import polars as pl

from kartra_freshsales.freshsales.lookups import Lookups
from kartra_freshsales.mapping.building.field_types import LONGEST_TEXT
from kartra_freshsales.mapping.building.people import default_owner_id, owner_id
from kartra_freshsales.mapping.building.prepare import first_present
from kartra_freshsales.mapping.building.rows import Problems, intended_rows, longer_than
from kartra_freshsales.mapping.model import Mapping

_WEBSITE = r"^(?i:https?://)?[^\s/.]+(\.[^\s/.]+)+(/\S*)?$"


def account_rows(
    accounts: pl.DataFrame, mapping: Mapping, lookups: Lookups
) -> pl.DataFrame:
    """One row per golden account: ``name, website, owner_id``.

    A website that does not look like one would get the account refused: the domain stands
    in for it, or nothing (the text itself is kept on the contact).
    """
    frame = accounts.with_columns(
        pl.coalesce(
            pl.when(candidate.str.contains(_WEBSITE)).then(candidate)
            for candidate in (
                first_present(accounts, "website"),
                first_present(accounts, "domain"),
            )
        ).alias("_website"),
        pl.coalesce(
            owner_id("owner", mapping.owners, lookups.owners),
            pl.when(pl.col("owner").is_null()).then(
                pl.lit(default_owner_id(mapping.owners, lookups.owners), pl.Int64)
            ),
        ).alias("_owner_id"),
    )
    problems = Problems()
    problems.add("owner_unmatched", pl.col("_owner_id").is_null())
    problems.add("too_long", longer_than(LONGEST_TEXT, pl.col("name"), pl.col("_website")))
    payload = [
        pl.col("name").str.strip_chars(),
        pl.col("_website").alias("website"),
        pl.col("_owner_id").alias("owner_id"),
    ]
    return intended_rows(
        frame,
        module="sales_accounts",
        key="account_key",
        payload=payload,
        problems=problems,
    )
