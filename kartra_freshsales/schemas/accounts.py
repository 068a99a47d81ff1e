"""Golden accounts: one row per company found in the contacts.

What does not belong here: Freshsales' own accounts.
"""

import pandera.polars as pa
import polars as pl

from kartra_freshsales.schemas.common import GoldenRow, Names


class Accounts(GoldenRow):
    """Sales accounts; ``name`` is the spelling used most, ``variants`` are all of them."""

    account_key: str = pa.Field(unique=True)
    name: str
    website: str = pa.Field(nullable=True)
    domain: str = pa.Field(nullable=True)
    variants: Names
    contacts: pl.Int64 = pa.Field(ge=1)
    owner: str = pa.Field(nullable=True)
