"""One golden record per e-mail from all rows of all batches (S11, S74–S76, G10, G11).

Field by field the newest value; tags, lists, sequences and memberships united; the earliest
joining date; consent combined by its own rules. Nothing depends on the order of rows.
What does not belong here: telling whether two addresses are one person.
"""

import polars as pl

from kartra_freshsales.transforms import consent
from kartra_freshsales.transforms.columns import custom_columns
from kartra_freshsales.transforms.contact_columns import (
    CLEANED_CONTACTS,
    CONTACTS,
    GOLDEN_CONTACTS,
)
from kartra_freshsales.transforms.contact_lineage import conflicts, origins
from kartra_freshsales.transforms.names_in_cells import LIST_COLUMNS, unite
from kartra_freshsales.transforms.newest import (
    RANK,
    all_sources,
    gathered,
    newest_ranks,
    ranked,
)
from kartra_freshsales.transforms.records import PROVENANCE, ROW_STATES, Golden, together
from kartra_freshsales.transforms.suppression import SUPPRESSED_REMEDY, suppressed

KEY = "contact_key"
# Fields that are taken together from one row, named by the field that chooses the row.
_WITH = {
    "company": ("account_key",),
    "date_joined": ("date_joined_raw",),
    "gdpr_status": (
        "gdpr_communications",
        "gdpr_status_date",
        "gdpr_status_date_raw",
        "gdpr_status_ip",
    ),
}
_COMPANIONS = tuple(name for group in _WITH.values() for name in group)


def golden_contacts(cleaned: pl.DataFrame) -> Golden:
    """Merge the cleaned contact rows of all batches by ``contact_key``.

    Args:
        cleaned: ``CLEANED_CONTACTS`` and ``custom:*``, any number of batches below each
            other in any order.

    Returns:
        ``records`` in the order of the key (``GOLDEN_CONTACTS`` and ``custom:*``);
        ``row_states``: loaded (the newest row), merged, or suppressed by decision.
    """
    rows = ranked(_shaped(cleaned))
    standing = consent.resolve(rows, KEY)
    chosen = _chosen(rows, standing)
    custom = custom_columns(rows)
    scalars = [
        name
        for name in CONTACTS
        if name not in {KEY, "consent"} and name not in LIST_COLUMNS
    ]
    whole = chosen.select(pl.col(RANK).alias(name) for name in (*PROVENANCE, *LIST_COLUMNS))
    records = pl.DataFrame(
        [
            chosen[KEY],
            *gathered(rows, chosen, [*scalars, *custom]),
            *gathered(rows, whole, [*PROVENANCE, *LIST_COLUMNS]),
        ]
    )
    repeated = rows.join(chosen.filter(pl.col("_rows") > 1).select(KEY), on=KEY, how="semi")
    records = _with_united(records, repeated)
    records = records.join(
        standing.select(KEY, "consent"), on=KEY, how="left", maintain_order="left"
    ).join(all_sources(rows, KEY), on=KEY, how="left", maintain_order="left")
    left_out = suppressed(rows, standing)
    kept = records.join(left_out, on=KEY, how="anti", maintain_order="left")
    fields = [*scalars, *custom]
    return Golden(
        kept.select(
            *(pl.col(name).cast(dtype) for name, dtype in GOLDEN_CONTACTS.items()), *custom
        ),
        _row_states(rows, chosen, left_out),
        origins(rows, chosen, fields),
        conflicts(repeated, rows, chosen, [name for name in fields if name not in _QUIET]),
    )


# Differences in these say nothing of their own.
_QUIET = frozenset(
    {"email", "account_key", "date_joined_raw", "gdpr_status_date_raw", "phone_raw"}
)


def _shaped(cleaned: pl.DataFrame) -> pl.DataFrame:
    """The cleaned rows with every column, even where nothing was cleaned at all."""
    custom = [pl.col(name).cast(pl.String) for name in custom_columns(cleaned)]
    fixed = [
        (pl.col(name) if name in cleaned.columns else pl.lit(None).alias(name)).cast(dtype)
        for name, dtype in CLEANED_CONTACTS.items()
    ]
    return cleaned.select(*fixed, *custom)


def _chosen(rows: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """Per contact the rank of the row that gives each field."""
    fields = [
        name
        for name in (*CONTACTS, *custom_columns(rows))
        if name not in {KEY, "consent", *LIST_COLUMNS, *_COMPANIONS}
    ]
    chosen = newest_ranks(rows, KEY, fields)
    repeated = chosen.filter(pl.col("_rows") > 1)
    several = rows.join(repeated.select(KEY), on=KEY, how="semi")
    for replaced in (
        _first(several, "date_joined", [pl.col("date_joined")], [False]),
        _deciding_gdpr(several, standing),
        _deciding_mail(several, standing),
    ):
        chosen = chosen.update(replaced, on=KEY, how="left")
    return chosen.with_columns(
        pl.col(leader).alias(name) for leader, group in _WITH.items() for name in group
    ).with_columns(
        # Without a phone that can be read, the text of the newest row that has one.
        pl.coalesce("phone", "phone_raw").alias("phone_raw"),
        # A date nobody could read still keeps its text.
        pl.coalesce("date_joined", pl.col(RANK)).alias("date_joined_raw"),
        *(
            pl.coalesce("gdpr_status", pl.col(RANK)).alias(name)
            for name in _WITH["gdpr_status"]
        ),
    )


def _first(
    rows: pl.DataFrame, field: str, by: list[pl.Expr], descending: list[bool]
) -> pl.DataFrame:
    """``contact_key`` and, named like the field, the rank of the first row by ``by``."""
    order = rows.sort(*by, RANK, descending=[*descending, False], nulls_last=True)
    firsts = order.select(KEY, pl.col(RANK).alias(field))
    return firsts.unique(KEY, keep="first", maintain_order=True)


def _deciding_gdpr(rows: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """The row whose GDPR cells stand: of that state, the latest date, the newest export."""
    facts = rows.select(KEY, RANK, "gdpr_state", "gdpr_status_date").join(
        standing.select(KEY, pl.col("gdpr_state").alias("_standing")), on=KEY
    )
    said = facts.filter(pl.col("gdpr_state") == pl.col("_standing"))
    return _first(said, "gdpr_status", [pl.col("gdpr_status_date")], [True])


def _deciding_mail(rows: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """The newest row that tells the block that stands."""
    facts = rows.select(KEY, RANK, "block").join(
        standing.select(KEY, pl.col("block").alias("_standing")), on=KEY
    )
    told = facts.filter(pl.col("block") == pl.col("_standing"))
    return told.group_by(KEY).agg(pl.col(RANK).min().alias("mail_status"))


def _with_united(records: pl.DataFrame, repeated: pl.DataFrame) -> pl.DataFrame:
    """Records whose tags and lists are those of all rows, the newest spelling first."""
    newest_first = repeated.select(KEY, RANK, *LIST_COLUMNS).sort(RANK)
    for name in LIST_COLUMNS:
        united = unite(newest_first.select(KEY, name).explode(name), by=KEY, column=name)
        records = records.update(united, on=KEY, how="left")
    return records


def _row_states(
    rows: pl.DataFrame, chosen: pl.DataFrame, left_out: pl.DataFrame
) -> pl.DataFrame:
    newest = chosen.select(KEY, pl.col(RANK).alias("_newest"))
    joined = rows.select(KEY, "_batch", "_file", "_row", RANK).join(newest, on=KEY)
    joined = joined.join(left_out, on=KEY, how="left", maintain_order="left")
    word, is_newest = pl.col("suppress"), pl.col(RANK) == pl.col("_newest")
    stated = joined.select(
        pl.lit("contacts").alias("_kind"), "_batch", "_file", "_row",
        pl.when(word.is_not_null()).then(pl.lit("suppressed"))
        .when(is_newest).then(pl.lit("loaded"))
        .otherwise(pl.lit("merged")).alias("state"),
        pl.when(word.is_not_null()).then(word)
        .when(~is_newest).then(pl.lit("same_email")).alias("reason"),
        pl.col(KEY).alias("record_key"),
        pl.when(word.is_not_null()).then(pl.lit(SUPPRESSED_REMEDY)).alias("remedy"),
    )  # fmt: skip
    return together([stated], ROW_STATES)
