"""One golden record per e-mail from all rows of all batches (S11, S74–S76, G10, G11).

Field by field the newest value; tags, lists, sequences and memberships united; the earliest
joining date; consent combined by its own rules. Nothing depends on the order of rows.
What does not belong here: telling whether two addresses are one person.
"""

from collections.abc import Collection

import polars as pl

from kartra_freshsales.mapping.decisions.duplicates import Duplicates
from kartra_freshsales.transforms import consent
from kartra_freshsales.transforms.columns import custom_columns, shaped_as
from kartra_freshsales.transforms.contact_columns import (
    CLEANED_CONTACTS,
    CONTACTS,
    GOLDEN_CONTACTS,
)
from kartra_freshsales.transforms.contact_lineage import conflicts, origins
from kartra_freshsales.transforms.merging import (
    MOVED,
    OTHERS,
    merged_by_decision,
    moving_nobody,
)
from kartra_freshsales.transforms.names_in_cells import LIST_COLUMNS, unite
from kartra_freshsales.transforms.newest import (
    RANK,
    aligned,
    all_sources,
    gathered,
    gathered_whole,
    newest_ranks,
    ranked,
)
from kartra_freshsales.transforms.records import (
    CONFLICTS_TABLE,
    ORIGINS_TABLE,
    PROVENANCE,
    RECORDS_TABLE,
    ROW_STATES,
    ROW_STATES_TABLE,
    Finding,
    Golden,
    GoldenTables,
    summed,
    together,
)
from kartra_freshsales.transforms.spool import Spool, rows_of_keys
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
_FACTS = ("gdpr_state", "block", "gdpr_status_date", "gdpr_status_date_raw", "_exported_at")
_COMPANIONS = tuple(name for group in _WITH.values() for name in group)


def golden_contacts(
    cleaned: pl.DataFrame,
    decided: Duplicates | None = None,
    suffixes: Collection[str] = (),
) -> Golden:
    """Merge the cleaned contact rows of all batches by ``contact_key``.

    Args:
        cleaned: ``CLEANED_CONTACTS`` and ``custom:*``, any number of batches below each
            other in any order.
        decided: contacts and companies that a person called one.
        suffixes: legal forms, as for account keys.

    Returns:
        ``records`` (``GOLDEN_CONTACTS`` and ``custom:*``), the oldest first;
        ``row_states``: loaded (the newest row), merged, or suppressed by decision.
    """
    shaped = shaped_as(cleaned.lazy(), CLEANED_CONTACTS).collect()
    moved = merged_by_decision(shaped, decided or Duplicates(), suffixes)
    rows = ranked(moved.rows, last=MOVED if moved.others.height else None)
    custom = custom_columns(rows)
    scalars = [
        name
        for name in CONTACTS
        if name not in {KEY, "consent"} and name not in LIST_COLUMNS
    ]
    fields = [*scalars, *custom]
    newest = newest_ranks(rows, KEY, [name for name in fields if name not in _COMPANIONS])
    several = _rows_of_several(rows, newest)
    standing = _standing(rows, several)
    chosen = _chosen(several, newest, standing)
    # Most exports lack some columns: a constant takes no memory per row.
    empty = {name for name in fields if rows[name].null_count() == rows.height}
    records = pl.DataFrame(
        [
            chosen[KEY],
            *gathered(rows, chosen, [name for name in fields if name not in empty]),
            *gathered_whole(rows, chosen, PROVENANCE),
            *(_united(rows, several, chosen, name) for name in LIST_COLUMNS),
            aligned(chosen, KEY, standing, "consent"),
            all_sources(rows, several, chosen, KEY),
        ]
    ).with_columns(pl.lit(None, rows.schema[name]).alias(name) for name in empty)
    records = _with_others(records, moved.others).select(*GOLDEN_CONTACTS, *custom)
    left_out = suppressed(rows, standing)
    if not left_out.is_empty():
        records = records.join(left_out, on=KEY, how="anti", maintain_order="left")
    return Golden(
        records,
        _row_states(rows, chosen, left_out),
        origins(rows, chosen, fields),
        conflicts(rows, several, chosen, [name for name in fields if name not in _QUIET]),
        moved.findings,
    )


def golden_contact_tables(
    cleaned: pl.LazyFrame,
    spool: Spool,
    decided: Duplicates | None = None,
    suffixes: Collection[str] = (),
) -> GoldenTables:
    """As ``golden_contacts``, a few addresses at a time.

    Args:
        cleaned: as there.
        spool: an empty one, where the records are worked on.
        decided: as there.
        suffixes: as there.
    """
    decisions = decided or Duplicates()
    findings: list[Finding] = []
    address = pl.col(KEY).replace({each.contact: each.into for each in decisions.merge})
    shaped = shaped_as(cleaned, CLEANED_CONTACTS)
    waiting = {each.into for each in decisions.merge}
    for rows in rows_of_keys(shaped, address, spool):
        here = waiting & set(rows.select(address).to_series()) if waiting else set()
        golden = golden_contacts(rows, _merging_into(here, decisions), suffixes)
        waiting -= here
        spool.add(RECORDS_TABLE, golden.records)
        spool.add(ROW_STATES_TABLE, golden.row_states)
        spool.add(ORIGINS_TABLE, golden.origins)
        spool.add(CONFLICTS_TABLE, golden.conflicts)
        findings += golden.findings
    unknown = len(_merging_into(waiting, decisions).merge)
    findings += moving_nobody(unknown)
    return GoldenTables(
        spool.scan(RECORDS_TABLE),
        spool.scan(ROW_STATES_TABLE),
        spool.scan(ORIGINS_TABLE),
        spool.scan(CONFLICTS_TABLE),
        summed(findings),
    )


def _merging_into(kept: Collection[str], decided: Duplicates) -> Duplicates:
    """The decisions whose contact that stays is one of ``kept``."""
    here = tuple(each for each in decided.merge if each.into in kept)
    return decided.model_copy(update={"merge": here})


# Differences in these say nothing of their own.
_QUIET = frozenset(
    {"email", "account_key", "date_joined_raw", "gdpr_status_date_raw", "phone_raw"}
)


def _with_others(records: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """The records with the addresses and ids of those that were merged into them."""
    nothing = pl.lit([], pl.List(pl.String))
    if others.is_empty():
        return records.with_columns(nothing.alias(name) for name in OTHERS)
    joined = records.join(others, on=KEY, how="left", maintain_order="left")
    return joined.with_columns(pl.col(name).fill_null(nothing) for name in OTHERS)


def _rows_of_several(rows: pl.DataFrame, newest: pl.DataFrame) -> pl.DataFrame:
    """``contact_key, _rank`` and the consent facts of rows whose contact has several."""
    several = newest.filter(pl.col("_rows") > 1).select(KEY)
    return rows.select(KEY, RANK, "date_joined", *_FACTS).join(several, on=KEY, how="semi")


def _standing(rows: pl.DataFrame, several: pl.DataFrame) -> pl.DataFrame:
    """``contact_key, consent, gdpr_state, block`` of every contact, over all its rows."""
    columns = (KEY, "consent", "gdpr_state", "block")
    resolved = consent.resolve(several, KEY).select(columns)
    # What a single row says is what it says alone.
    single = rows.select(columns).join(resolved, on=KEY, how="anti")
    return pl.concat([single, resolved])


def _chosen(
    several: pl.DataFrame, newest: pl.DataFrame, standing: pl.DataFrame
) -> pl.DataFrame:
    """Per contact the rank of the row that gives each field."""
    earliest = _first(several, [pl.col("date_joined")], [False])
    deciding = {
        "date_joined": aligned(newest, KEY, earliest, RANK),
        "gdpr_status": aligned(newest, KEY, _deciding_gdpr(several, standing), RANK),
        "mail_status": aligned(newest, KEY, _deciding_mail(several, standing), RANK),
    }
    chosen = newest.with_columns(
        pl.coalesce(pl.lit(ranks), name).alias(name) for name, ranks in deciding.items()
    )
    return chosen.with_columns(
        pl.col(leader).alias(name) for leader, group in _WITH.items() for name in group
    ).with_columns(
        # Without a phone that can be read, the text of the newest row that has one.
        pl.coalesce("phone", "phone_raw").alias("phone_raw"),
        # A date or a status that says nothing still keeps its text.
        pl.coalesce("date_joined", pl.col(RANK)).alias("date_joined_raw"),
        *(
            pl.coalesce("gdpr_status", pl.col(RANK)).alias(name)
            for name in _WITH["gdpr_status"]
        ),
    )


def _first(rows: pl.DataFrame, by: list[pl.Expr], descending: list[bool]) -> pl.DataFrame:
    """``contact_key, _rank`` of the first row by ``by``, of equals the newest."""
    order = rows.sort(*by, RANK, descending=[*descending, False], nulls_last=True)
    return order.select(KEY, RANK).unique(KEY, keep="first", maintain_order=True)


def _deciding_gdpr(several: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """The row whose GDPR cells stand: of that state, the latest date, the newest export."""
    facts = several.join(
        standing.select(KEY, pl.col("gdpr_state").alias("_standing")), on=KEY
    )
    said = facts.filter(pl.col("gdpr_state") == pl.col("_standing"))
    return _first(said, [pl.col("gdpr_status_date")], [True])


def _deciding_mail(several: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """The newest row that tells the block that stands."""
    facts = several.join(standing.select(KEY, pl.col("block").alias("_standing")), on=KEY)
    told = facts.filter(pl.col("block") == pl.col("_standing"))
    return told.group_by(KEY).agg(pl.col(RANK).min())


def _united(
    rows: pl.DataFrame, several: pl.DataFrame, chosen: pl.DataFrame, name: str
) -> pl.Series:
    """A list column united over all rows of a contact, the newest spelling first."""
    newest = gathered_whole(rows, chosen, (name,))[0]
    at = rows[RANK].arg_sort().gather(several[RANK])
    parts = several.select(KEY, RANK).with_columns(rows[name].gather(at)).sort(RANK)
    united = unite(parts.explode(name), by=KEY, column=name)
    told = aligned(chosen, KEY, united, name)
    return pl.select(pl.coalesce(told, newest)).to_series().alias(name)


def _row_states(
    rows: pl.DataFrame, chosen: pl.DataFrame, left_out: pl.DataFrame
) -> pl.DataFrame:
    newest = chosen.select(KEY, pl.col(RANK).alias("_newest"))
    joined = rows.select(KEY, "_batch", "_file", "_row", RANK, MOVED).join(newest, on=KEY)
    joined = joined.join(left_out, on=KEY, how="left", maintain_order="left")
    word, is_newest = pl.col("suppress"), pl.col(RANK) == pl.col("_newest")
    stated = joined.select(
        pl.lit("contacts").alias("_kind"), "_batch", "_file", "_row",
        pl.when(word.is_not_null()).then(pl.lit("suppressed"))
        .when(is_newest).then(pl.lit("loaded"))
        .otherwise(pl.lit("merged")).alias("state"),
        pl.when(word.is_not_null()).then(word)
        .when(MOVED).then(pl.lit("merged_by_decision"))
        .when(~is_newest).then(pl.lit("same_email")).alias("reason"),
        pl.col(KEY).alias("record_key"),
        pl.when(word.is_not_null()).then(pl.lit(SUPPRESSED_REMEDY)).alias("remedy"),
    )  # fmt: skip
    return together([stated], ROW_STATES)
