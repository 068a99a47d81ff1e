"""Who owns what, and who is missing in Freshsales (S61–S64).

Not here: blocking the load.
"""

from collections.abc import Sequence

import polars as pl

from kartra_freshsales.freshsales.metadata import User
from kartra_freshsales.mapping.building.people import default_owner_id
from kartra_freshsales.mapping.decisions.people import Owners
from kartra_freshsales.mapping.model import Mapping

NO_OWNER = "(no owner)"
MATCHED, INACTIVE, UNMATCHED, DEFAULT = "matched", "inactive", "unmatched", "default"

_OR_REMAP = "or name another one under 'remap' in owners.yaml."
_ADD_USER = f"Add a user with this e-mail in Freshsales, {_OR_REMAP}"
_REACTIVATE = f"Reactivate this user in Freshsales, {_OR_REMAP}"
_NAME_DEFAULT = "Name an active Freshsales user under 'default_owner' in owners.yaml."

_SCHEMA: dict[str, pl.DataType] = {
    "owner": pl.String(),
    "contacts": pl.Int64(),
    "deals": pl.Int64(),
    "status": pl.String(),
    "user_id": pl.Int64(),
    "remedy": pl.String(),
}


def owner_table(
    contacts: pl.DataFrame,
    transactions: pl.DataFrame,
    subscriptions: pl.DataFrame,
    mapping: Mapping,
    metadata_users: Sequence[User],
) -> pl.DataFrame:
    """Each distinct owner with what they own and who that is in Freshsales.

    Args:
        contacts: golden contacts.
        transactions: golden transactions.
        subscriptions: golden subscriptions.
        mapping: the decisions (default owner, remap).
        metadata_users: users of the account, inactive ones too.

    Returns:
        ``owner`` (case-folded e-mail, or ``(no owner)``), ``contacts``, ``deals`` (with
        subscriptions; a deal without owner counts for its contact's), ``status`` (matched,
        default, inactive, unmatched), ``user_id``, ``remedy``. The unmatched come first,
        those who own most before the others.
    """
    people = _owner(contacts)
    persons = contacts.select("contact_key", people.alias("_theirs"))
    deals = [
        frame.select("contact_key", _owner(frame).alias("_own"))
        .join(persons, on="contact_key", how="left")
        .select(pl.coalesce("_own", "_theirs").alias("owner"))
        for frame in (transactions, subscriptions)
    ]
    counts = (
        _counted(contacts.select(people.alias("owner")), "contacts")
        .join(_counted(pl.concat(deals), "deals"), on="owner", how="full", coalesce=True,
              nulls_equal=True)
        .with_columns(pl.col("contacts", "deals").fill_null(0))
    )  # fmt: skip
    users = {user.email.strip().casefold(): user for user in metadata_users if user.email}
    rows = [
        (owner or NO_OWNER, n, m, *_judged(owner, mapping.owners, users))
        for owner, n, m in counts.select("owner", "contacts", "deals").iter_rows()
    ]
    rank = pl.col("status").replace_strict(
        {UNMATCHED: 0, INACTIVE: 1, MATCHED: 2, DEFAULT: 3}, return_dtype=pl.Int8
    )
    table = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
    order = [rank, pl.col("contacts") + pl.col("deals"), pl.col("owner")]
    return table.sort(order, descending=[False, True, False])


def _owner(frame: pl.DataFrame) -> pl.Expr:
    text = pl.col("owner").cast(pl.String).str.strip_chars().str.to_lowercase()
    return pl.when(text != "").then(text)


def _counted(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    return frame.group_by("owner").agg(pl.len().cast(pl.Int64).alias(name))


def _judged(
    owner: str | None, owners: Owners, users: dict[str, User]
) -> tuple[str, int | None, str | None]:
    """``status, user_id, remedy`` of one owner."""
    if owner is None:
        active = {email: user.id for email, user in users.items() if user.is_active}
        number = default_owner_id(owners, active)
        if number is None:
            return UNMATCHED, None, _NAME_DEFAULT
        return DEFAULT, number, None
    user = users.get(owners.remap.get(owner, owner))
    if user is None:
        return UNMATCHED, None, _ADD_USER
    if not user.is_active:
        return INACTIVE, user.id, _REACTIVATE
    return MATCHED, user.id, None
