"""Whom the operator leaves out: bounced, refused, stale contacts, odd addresses (S86, S99).

What does not belong here: the decision itself (``mappings/source.yaml``).
"""

import polars as pl

from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.transforms.address_kinds import KINDS, address_kind
from kartra_freshsales.transforms.consent import BOUNCED, SPAM, UNSUBSCRIBED

STALE = "stale"
_BLOCKS = {"bounced": BOUNCED, "spam": SPAM, "do_not_contact": UNSUBSCRIBED}
SUPPRESSED_REMEDY = (
    "Nothing to do; to bring the contact along, change suppress in mappings/source.yaml."
)


def suppress_reason(rules: SourceRules) -> pl.Expr:
    """The word of ``rules.suppress`` that a cleaned row falls under, else null."""
    groups = [
        pl.when(pl.col("block") == state).then(pl.lit(word))
        for word, state in _BLOCKS.items()
        if word in rules.suppress
    ]
    if STALE in rules.suppress:
        groups.append(pl.when(is_stale(rules)).then(pl.lit(STALE)))
    wanted = [kind for kind in KINDS if kind in rules.suppress]
    if wanted:
        kind = address_kind(pl.col("contact_key"))
        groups.append(pl.when(kind.is_in(wanted)).then(kind))
    return pl.coalesce(*groups) if groups else pl.lit(None, pl.String)


def is_stale(rules: SourceRules) -> pl.Expr:
    """Joined long before its export, and without a score since."""
    border = pl.col("_exported_at") - pl.duration(days=rules.stale_after_days)
    return (pl.col("date_joined") < border) & (pl.col("score").fill_null(0) == 0)


def suppressed(rows: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """The contacts left out, with the word: ``contact_key, suppress``.

    A block counts only while it stands; staleness only if the newest row is stale; the
    kind of an address always.

    Args:
        rows: cleaned rows with ``suppress``, ``block`` and ``_rank`` (0 is the newest).
        standing: ``contact_key, block`` as combined over all rows.
    """
    columns = ("contact_key", "suppress", "block", "_rank")
    if rows["suppress"].null_count() == rows.height:
        return rows.select("contact_key", "suppress").clear()
    marked = rows.select(columns).filter(pl.col("suppress").is_not_null())
    newest = rows.group_by("contact_key").agg(pl.col("_rank").min().alias("_newest"))
    judged = marked.join(
        standing.select("contact_key", pl.col("block").alias("_standing")), on="contact_key"
    ).join(newest, on="contact_key")
    by_block = pl.col("suppress").is_in(list(_BLOCKS)) & (
        pl.col("block") == pl.col("_standing")
    )
    by_address = pl.col("suppress").is_in(KINDS)
    by_age = (pl.col("suppress") == STALE) & (pl.col("_rank") == pl.col("_newest"))
    return (
        judged.filter(by_block.fill_null(False) | by_age | by_address)
        .sort("contact_key", "_rank")
        .unique("contact_key", keep="first", maintain_order=True)
        .select("contact_key", "suppress")
    )
