"""Rules of the middle stages: decisions on columns, owners and fields, intended records.

Not here: keys and references (``key_rules``), shapes (``shape_rules``).
"""

import polars as pl

from kartra_freshsales.orchestration.checks.verdicts import (
    SHOWN,
    Frames,
    Verdict,
    counts_of,
    places,
)

DECISIONS = ("mapped", "derived", "dropped")
OWNERS_SETTLED = ("matched", "default")
OWNER_STATES = (*OWNERS_SETTLED, "inactive", "unmatched")
FIELD_STATES = ("ok", "missing", "wrong_type", "missing_choices", "over_cap", "clash")


def every_column_is_decided(frames: Frames) -> Verdict:
    """Each column of each export is mapped, derived or dropped on purpose (S1)."""
    decided = frames["mapping_coverage"]
    settled = decided.filter(pl.col("decision").is_in(DECISIONS))
    ours = pl.col("column").str.starts_with("_")
    wanted = frames["export_columns"].filter(~ours).select("kind", "column").unique()
    # Golden frames carry unknown columns under this prefix; exports do not.
    bare = pl.col("column").str.strip_prefix("custom:")
    open_ = wanted.with_columns(bare).join(settled, on=["kind", "column"], how="anti")
    where = open_.sort("kind", "column").select(pl.format("{}: {}", "kind", "column"))
    return Verdict(
        open_.height,
        {"columns": wanted.height, **counts_of(decided, "decision", DECISIONS)},
        where.to_series().head(SHOWN).to_list(),
        "Decide these columns in mappings/fields.yaml (sheet Mapping of "
        "reports/review.xlsx), then run prepare again.",
    )


def every_owner_is_matched(frames: Frames) -> Verdict:
    """Each owner is an active user of Freshsales, or a default was named (S61, S63)."""
    owners = frames["owner_map"]
    unmatched = owners.filter(~pl.col("status").is_in(OWNERS_SETTLED))
    counts = counts_of(owners, "status", OWNER_STATES)
    counts["contacts waiting"] = int(unmatched["contacts"].sum())
    counts["deals waiting"] = int(unmatched["deals"].sum())
    return Verdict(
        unmatched.height,
        counts,
        remedy="Work through reports/owner_queue.csv, or the sheet Owners of "
        "reports/review.xlsx: add or reactivate these users in "
        "Freshsales, or name others in mappings/owners.yaml. The load waits for it.",
    )


def every_field_stands(frames: Frames) -> Verdict:
    """Each custom field the load needs stands in the account as planned (S56, S93, S97)."""
    fields = frames["field_plan"]
    wrong = fields.filter(pl.col("status") != "ok")
    where = wrong.select(pl.format("{}: {} ({})", "endpoint", "label", "status"))
    return Verdict(
        wrong.height,
        {"fields": fields.height, **counts_of(fields, "status", FIELD_STATES)},
        where.to_series().head(SHOWN).to_list(),
        "Work through reports/field_checklist.md, or allow provisioned_fields to create "
        "them (create_fields). Nothing is loaded before.",
    )


def every_lead_field_survives_conversion(frames: Frames) -> Verdict:
    """Every custom lead field has its counterpart (S82, S83); the Suite has none."""
    table = frames["conversion_mapping"]
    gaps = table.filter(pl.col("problem").is_not_null())
    reasons = {f"because {word}": n for word, n in counts_of(gaps, "problem").items()}
    return Verdict(
        gaps.height,
        {"lead fields": table.height, **reasons},
        gaps["label"].to_list(),
        "Work through reports/conversion_checklist.md; the load waits for it.",
    )


def every_golden_record_is_intended(frames: Frames) -> Verdict:
    """Each golden record becomes exactly one intended record, and nothing else does (S29).

    Contacts become contacts or leads, transactions deals, subscriptions deals of their own,
    notes, or fields of another deal, which then names their row among its sources.
    """
    intended = frames["intended_records"]
    module = pl.col("module")
    found = {
        "contacts": _keys(intended, module.is_in(["contacts", "leads"])),
        "accounts": _keys(intended, module == "sales_accounts"),
        "transactions": _keys(intended, module == "deals"),
        "subscriptions": pl.concat(
            [
                _keys(intended, module == "subscriptions"),
                _keys(intended, (module == "notes") & _is_subscription()),
                _carried(frames["subscriptions"], intended),
            ]
        ),
    }
    expected = {
        name: frames[name].select(*_PLACE, pl.col(key).alias("source_key"))
        for name, key in _KEYS.items()
    }
    if not _accounts_wanted(intended):
        expected["accounts"] = expected["accounts"].clear()
    missing = [
        expected[name].join(keys, on="source_key", how="anti")
        for name, keys in found.items()
    ]
    astray = [
        keys.join(expected[name], on="source_key", how="anti")
        for name, keys in found.items()
    ]
    repeated = {name: keys.height - keys.n_unique() for name, keys in found.items()}
    wrong = sum(f.height for f in (*missing, *astray)) + sum(repeated.values())
    return Verdict(
        wrong,
        {
            **{f"golden {name}": frame.height for name, frame in expected.items()},
            "not intended": sum(f.height for f in missing),
            "of no golden record": sum(f.height for f in astray),
            "intended twice": sum(repeated.values()),
            "with a problem": intended["problem"].drop_nulls().len(),
        },
        places(pl.concat(missing)),
        "Materialize the golden records and intended_records again in one run. If the "
        "counts stay, do not load, and report them.",
    )


_KEYS = {
    "contacts": "contact_key",
    "accounts": "account_key",
    "transactions": "deal_key",
    "subscriptions": "deal_key",
}
_PLACE = ("_batch", "_file", "_row")


def _keys(intended: pl.DataFrame, chosen: pl.Expr) -> pl.DataFrame:
    return intended.filter(chosen).select("source_key")


def _is_subscription() -> pl.Expr:
    return pl.col("source_key").str.starts_with("sub:")


def _carried(subscriptions: pl.DataFrame, intended: pl.DataFrame) -> pl.DataFrame:
    """Subscriptions whose fields a deal carries."""
    deals = intended.filter(pl.col("module") == "deals")
    sources = deals.select(
        pl.col("sources").explode(empty_as_null=True, keep_nulls=False).alias("_source")
    ).unique()
    return (
        subscriptions.select(
            pl.col("deal_key").alias("source_key"),
            pl.format("{}/{}:{}", *_PLACE).alias("_source"),
        )
        .join(sources, on="_source", how="semi")
        .select("source_key")
    )


def _accounts_wanted(intended: pl.DataFrame) -> bool:
    """Whether the map makes accounts at all: some are there, or something links to one."""
    links = pl.col("payload").str.contains(r'"sales_account":\s*"')
    return bool(
        intended.select((links | (pl.col("module") == "sales_accounts")).any()).item()
    )
