"""Whether the account still holds what was loaded: everything read again and compared.

Not here: checking an evidence bundle, which needs no account (``reports.evidence_check``).
"""

from typing import TYPE_CHECKING, Any

import polars as pl

from kartra_freshsales.freshsales.comparison import same
from kartra_freshsales.freshsales.modules import CLASSIC, HUNG, Module
from kartra_freshsales.loading.reread import reread_hung
from kartra_freshsales.loading.snapshot import read_snapshot
from kartra_freshsales.reconcile.causes import with_causes
from kartra_freshsales.reconcile.compare import EQUAL, NORMALISED, compare_records
from kartra_freshsales.reconcile.edits import EDITED

if TYPE_CHECKING:
    from kartra_freshsales.cli.journey import Journey

_KEYS = ("module", "source_key")
_REREAD = (str(Module.NOTES), str(Module.LISTS))
_NOT_READ = tuple(str(module) for module in HUNG if str(module) not in _REREAD)
_LEADS = str(Module.LEADS)


def verify(journey: "Journey") -> dict[str, Any]:
    """Read every record, note and list again and compare with what the ledger knows.

    A field that arrived as sent and was changed since is listed under ``edits``; its record
    counts as edited, and as differing only where something else is wrong with it. A lead
    that people converted on Classic is the contact it became, and counts as converted.
    """
    metadata = journey.destination.settings_in(journey.frame("provisioned_fields"))
    with journey.destination.connect() as link:
        target = link.mapping.destination
        snapshot = read_snapshot(
            link.client, metadata, target.edition, view_names=target.views
        )
        live = link.ledger.identities().filter(pl.col("state") == "live")
        hung = reread_hung(
            link.client,
            metadata,
            target.edition,
            live.filter(pl.col("module").is_in(_REREAD)),
            view_names=target.views,
        )
        chain = link.ledger.verify_chain()
    records = pl.concat([_records(live, snapshot), hung])
    converted = _converted(records, snapshot, target.edition)
    standing = records.join(converted, on=_KEYS, how="anti", maintain_order="left")
    compared = with_causes(
        compare_records(
            standing.select(*_KEYS, "written"), standing, references=live, judge=same
        ),
        standing.select(*_KEYS, pl.col("then").alias("seen")),
    )
    return _answer(standing, compared, converted) | {
        "not_read": dict(
            live.filter(pl.col("module").is_in(_NOT_READ))
            .group_by("module").len().sort("module").iter_rows()
        ),
        "chain_intact": chain.intact,
    }  # fmt: skip


def _records(live: pl.DataFrame, snapshot: pl.DataFrame) -> pl.DataFrame:
    hung = [str(module) for module in HUNG]
    now = snapshot.select("freshsales_id", pl.col("record").alias("now"))
    return (
        live.filter(~pl.col("module").is_in(hung))
        .join(now, on="freshsales_id", how="left", maintain_order="left")
        .select(
            *_KEYS,
            "freshsales_id",
            "written",
            pl.col("seen").alias("then"),
            pl.col("now").alias("seen"),
        )
    )


def _converted(records: pl.DataFrame, snapshot: pl.DataFrame, edition: str) -> pl.DataFrame:
    """Keys of leads that stand no longer while a contact of the same address does."""
    gone = records.filter((pl.col("module") == _LEADS) & pl.col("seen").is_null())
    if edition != CLASSIC:
        return gone.clear().select(_KEYS)
    people = snapshot.filter(pl.col("module") == "contacts").select(
        pl.col("natural_key").str.to_lowercase().alias("_address")
    )
    address = pl.col("written").str.json_path_match("$.email").str.to_lowercase()
    return gone.with_columns(address.alias("_address")).join(
        people, on="_address", how="semi", maintain_order="left"
    ).select(_KEYS)  # fmt: skip


def _answer(
    standing: pl.DataFrame, compared: pl.DataFrame, converted: pl.DataFrame
) -> dict[str, Any]:
    modules = _verdicts(standing, compared)
    for module, number in converted.group_by("module").len().iter_rows():
        facts = modules.setdefault(module, dict.fromkeys(_COUNTS, 0))
        facts["records"] += number
        facts["converted"] = number
    edits = compared.filter(pl.col("cause") == EDITED).sort("module", "freshsales_id")
    differing = compared.filter(~pl.col("cause").is_in([EQUAL, NORMALISED, EDITED]))
    return {
        "modules": dict(sorted(modules.items())),
        "edits": edits.select("module", "freshsales_id", "field").to_dicts(),
        "differences": differing.sort(*_KEYS, "field")
        .select("module", "freshsales_id", "field", "cause")
        .to_dicts(),
        "passed": all(not facts["differing"] for facts in modules.values()),
    }


_COUNTS = ("records", "verified", "edited", "converted", "differing")


def _verdicts(standing: pl.DataFrame, compared: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Records of each module: as sent, edited by people and else as sent, or differing.

    A record of which we wrote nothing is as sent wherever it stands.
    """
    cause = pl.col("cause")
    fields = compared.group_by(_KEYS).agg(
        (~cause.is_in([EQUAL, NORMALISED, EDITED])).any().alias("_wrong"),
        (cause == EDITED).any().alias("_edited"),
    )
    wrong = pl.col("_wrong").fill_null(value=False) | pl.col("seen").is_null()
    edited = pl.col("_edited").fill_null(value=False) & ~wrong
    table = (
        standing.join(fields, on=_KEYS, how="left", maintain_order="left")
        .group_by("module")
        .agg(
            pl.len().alias("records"),
            (~wrong & ~edited).sum().alias("verified"),
            edited.sum().alias("edited"),
            pl.lit(0).alias("converted"),
            wrong.sum().alias("differing"),
        )
    )
    return {
        row.pop("module"): {name: int(row[name]) for name in _COUNTS}
        for row in table.iter_rows(named=True)
    }
