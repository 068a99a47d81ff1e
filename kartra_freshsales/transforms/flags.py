"""Contacts a person decides about before they move, one row per reason (S85, S99).

By default every one of them comes along; ``suppress`` in ``mappings/source.yaml`` takes
whole groups out, named by the word beside them. Not here: leaving them out
(``suppression``), counting (``audit``).
"""

import polars as pl

from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.transforms.address_kinds import (
    PLACEHOLDER,
    ROLE,
    THROWAWAY,
    address_kind,
)
from kartra_freshsales.transforms.consent import BOUNCED, SPAM, UNSUBSCRIBED
from kartra_freshsales.transforms.suppression import STALE, is_stale

FLAGS: dict[str, pl.DataType] = {
    "batch": pl.String(),
    "file": pl.String(),
    "row": pl.Int64(),
    "flag": pl.String(),
    "why": pl.String(),
    "decide": pl.String(),
}
DUPLICATE = "may be a duplicate"
_SUPPRESS = "suppress: [{}] in mappings/source.yaml leaves all of them out."
_WHY: dict[str, tuple[str, str]] = {
    "bounced": ("Mail to the address came back for good.", "bounced"),
    "spam complaint": ("The person called a message spam.", "spam"),
    "do not contact": ("The person does not want to be written to.", "do_not_contact"),
    STALE: ("Joined more than {days:,} days before the export and has no score.", STALE),
    ROLE: ("The address is of a role such as info@, not of a person.", ROLE),
    THROWAWAY: ("The address is of a host for throw-away mailboxes.", THROWAWAY),
    PLACEHOLDER: ("The address looks made up.", PLACEHOLDER),
}


def flagged(
    contacts: pl.DataFrame, proposals: pl.DataFrame, rules: SourceRules
) -> pl.DataFrame:
    """List the contacts worth a decision.

    Args:
        contacts: golden contacts.
        proposals: duplicates that were proposed (``PROPOSALS``).
        rules: when a contact is stale.

    Returns:
        ``FLAGS``, by reason and place: the newest row of each contact, never a value of
        it; a contact with two reasons stands there twice.
    """
    kind = pl.col("_kind")
    judged = contacts.select(
        "contact_key", "consent", "date_joined", "score",
        "_exported_at", "_batch", "_file", "_row",
        address_kind(pl.col("contact_key")).alias("_kind"),
    )  # fmt: skip
    conditions = {
        "bounced": pl.col("consent") == BOUNCED,
        "spam complaint": pl.col("consent") == SPAM,
        "do not contact": pl.col("consent") == UNSUBSCRIBED,
        STALE: is_stale(rules),
        **{word: kind == word for word in (ROLE, THROWAWAY, PLACEHOLDER)},
    }
    parts = [
        _listed(
            judged.filter(condition),
            flag,
            _WHY[flag][0].format(days=rules.stale_after_days),
            _SUPPRESS.format(_WHY[flag][1]),
        )
        for flag, condition in conditions.items()
    ]
    pairs = proposals.filter(pl.col("kind") == "contact")
    alike = pl.concat([pairs["keep"], pairs["other"]]).unique()
    parts.append(
        _listed(
            judged.filter(pl.col("contact_key").is_in(alike.implode())),
            DUPLICATE,
            "Looks like another contact; see reports/duplicate_proposals.csv.",
            "Accept or reject it in mappings/duplicates.yaml.",
        )
    )
    return pl.concat(parts).sort("flag", "batch", "file", "row")


def suppress_words() -> dict[str, tuple[str, str]]:
    """Per reason, why somebody has it and the word of ``suppress`` that leaves it out."""
    return dict(_WHY)


def _listed(rows: pl.DataFrame, flag: str, why: str, decide: str) -> pl.DataFrame:
    return rows.select(
        pl.col("_batch").alias("batch"), pl.col("_file").alias("file"),
        pl.col("_row").cast(pl.Int64).alias("row"),
        pl.lit(flag).alias("flag"), pl.lit(why).alias("why"),
        pl.lit(decide).alias("decide"),
    )  # fmt: skip


def flag_counts(flags: pl.DataFrame) -> dict[str, int]:
    """How many contacts each reason has; a reason that found nobody is 0."""
    found = dict(flags.group_by("flag").len().iter_rows())
    return {flag: int(found.get(flag, 0)) for flag in (*_WHY, DUPLICATE)}
