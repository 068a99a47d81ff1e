"""Owners as ids: the record's owner, else its contact's, else the default (S61–S64).

Not here: telling a person who is unmatched (``mapping.owners``).
"""

from collections.abc import Mapping

import polars as pl

from kartra_freshsales.mapping.decisions.people import Owners


def default_owner_id(owners: Owners, active: Mapping[str, int]) -> int | None:
    """The user who gets what has no owner: the named one, else the first active user.

    Args:
        owners: the decisions.
        active: case-folded e-mail → id of active users, in the account's order.
    """
    if owners.default_owner:
        return active.get(owners.remap.get(owners.default_owner, owners.default_owner))
    return next((number for email, number in active.items() if email), None)


def owner_id(column: str, owners: Owners, active: Mapping[str, int]) -> pl.Expr:
    """The user id of an owner column (lower-cased e-mail); null where nobody matches."""
    table = {email: number for email, number in active.items() if email}
    for old, new in owners.remap.items():
        if new in active:
            table[old] = active[new]
        else:
            table.pop(old, None)
    if not table:
        return pl.lit(None, pl.Int64)
    folded = pl.col(column).str.strip_chars().str.to_lowercase()
    return folded.replace_strict(table, default=None, return_dtype=pl.Int64)
