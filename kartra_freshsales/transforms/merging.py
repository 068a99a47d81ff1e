"""Merges that a person decided: rows of one contact go over to another (S11, S85).

Only keys change, and only here: cleaned rows stay as they are, so that a merge whose line
is deleted leaves nothing behind. What does not belong here: finding duplicates
(``lookalikes``), choosing values (``survivorship``).
"""

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from kartra_freshsales.mapping.decisions.duplicates import Duplicates
from kartra_freshsales.transforms.address_kinds import KINDS
from kartra_freshsales.transforms.companies import name_key
from kartra_freshsales.transforms.consent import BOUNCED, SUBSCRIBED
from kartra_freshsales.transforms.records import Finding
from kartra_freshsales.transforms.suppression import STALE

KEY = "contact_key"
MOVED = "_moved"
"""True for rows of a contact that was merged into another by decision."""
NAMES = pl.List(pl.String())
OTHERS: dict[str, pl.DataType] = {"other_emails": NAMES, "other_kartra_ids": NAMES}
"""What a golden contact keeps of those merged into it, so that purchases find it."""

_CONSENT = (
    "gdpr_state", "gdpr_status", "gdpr_communications", "gdpr_status_date",
    "gdpr_status_date_raw", "gdpr_status_ip",
)  # fmt: skip


@dataclass(frozen=True)
class Merged:
    """Rows under their new keys, who was merged (``OTHERS``), and decisions in vain."""

    rows: pl.DataFrame
    others: pl.DataFrame
    findings: tuple[Finding, ...] = ()


def account_names(decided: Duplicates, suffixes: Collection[str]) -> dict[str, str]:
    """Account key → the name a person decided for it."""
    return {
        key: each.into
        for each in decided.merge_accounts
        if (key := name_key(each.into, suffixes))
    }


def merged_by_decision(
    rows: pl.DataFrame, decided: Duplicates, suffixes: Collection[str]
) -> Merged:
    """Give the rows of merged contacts and companies the keys of those that stay.

    Args:
        rows: cleaned contacts.
        decided: the decisions.
        suffixes: legal forms, as for account keys.

    Returns:
        The rows with ``_moved``; ``others`` (``contact_key`` and ``OTHERS``) of contacts
        that took others in.
    """
    rows = _accounts_renamed(rows, decided, suffixes).with_columns(
        pl.lit(False).alias(MOVED)
    )
    nobody = pl.DataFrame(schema={KEY: pl.String(), **OTHERS})
    if not decided.merge:
        return Merged(rows, nobody)
    table = pl.DataFrame(
        {KEY: [m.contact for m in decided.merge], "_into": [m.into for m in decided.merge]}
    )
    known = table.join(rows, left_on="_into", right_on=KEY, how="semi")
    moved = rows.select(KEY, "kartra_id").join(known, on=KEY)
    ids = moved.group_by("_into").agg(pl.col("kartra_id").drop_nulls().unique().sort())
    others = (
        known.group_by("_into")
        .agg(pl.col(KEY).sort().alias("other_emails"))
        .join(ids.rename({"kartra_id": "other_kartra_ids"}), on="_into", how="left")
        .with_columns(pl.col("other_kartra_ids").fill_null(pl.lit([], NAMES)))
        .rename({"_into": KEY})
    )
    renamed = rows.join(known, on=KEY, how="left", maintain_order="left").with_columns(
        pl.col("_into").is_not_null().alias(MOVED), pl.coalesce("_into", KEY).alias(KEY)
    )
    in_vain = table.height - moved[KEY].n_unique()
    return Merged(
        _without_what_is_of_the_address(renamed.select(rows.columns)),
        others,
        moving_nobody(in_vain),
    )


def moving_nobody(in_vain: int) -> tuple[Finding, ...]:
    """What is told of decisions that name an address of no export."""
    if not in_vain:
        return ()
    return (
        Finding(
            "merges in mappings/duplicates.yaml move nobody: an address is in no export",
            remedy="Check the spelling of both addresses, or delete the lines.",
            count=in_vain,
        ),
    )


def _without_what_is_of_the_address(rows: pl.DataFrame) -> pl.DataFrame:
    """Consent and bounces speak of an address, not of its owner; refusals speak of both."""
    moved = pl.col(MOVED)
    consents = moved & (pl.col("gdpr_state") == SUBSCRIBED).fill_null(False)
    bounces = moved & (pl.col("block") == BOUNCED).fill_null(False)
    of_row = moved & pl.col("suppress").is_in([BOUNCED, STALE, *KINDS]).fill_null(False)
    return rows.with_columns(
        pl.when(~of_row).then("suppress").alias("suppress"),
        pl.when(~bounces).then("block").alias("block"),
        pl.when(~bounces).then("mail_status").alias("mail_status"),
        *(pl.when(~consents).then(name).alias(name) for name in _CONSENT),
    )


def _accounts_renamed(
    rows: pl.DataFrame, decided: Duplicates, suffixes: Collection[str]
) -> pl.DataFrame:
    """The rows with the account keys that stay."""
    keys = {
        gone: kept
        for each in decided.merge_accounts
        if (gone := name_key(each.account, suffixes))
        and (kept := name_key(each.into, suffixes))
    }
    if not keys:
        return rows
    return rows.with_columns(pl.col("account_key").replace(keys))
