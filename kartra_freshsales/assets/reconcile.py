"""Stage 9, reconcile: what was read back beside what was meant, field by field."""

from collections.abc import Mapping
from typing import Any

import polars as pl
from dagster import (
    AssetExecutionContext,
    AssetIn,
    AssetOut,
    AssetsDefinition,
    MetadataValue,
    Output,
    asset,
    multi_asset,
)

from kartra_freshsales.orchestration.checks.factories import IDENTIFYING
from kartra_freshsales.orchestration.destination import DestinationResource
from kartra_freshsales.orchestration.outputs import Outputs, counted, counts_by
from kartra_freshsales.orchestration.partitions import BATCHES
from kartra_freshsales.orchestration.resources import WorkspaceResource
from kartra_freshsales.reports.books import (
    Books,
    close_books,
    compare_batch,
    summary_text,
)
from kartra_freshsales.reports.rebuild import rebuild_inventory as inventory_report
from kartra_freshsales.reports.signing import workspace_signer
from kartra_freshsales.reports.spot_check import Origins, source_rows_of, spot_check_report

GROUP = "reconcile"
LOADED = (
    "accounts", "contacts", "leads", "deals", "subscriptions", "notes", "activities",
    "files", "lists",
)  # fmt: skip


def reconciliation_asset(what: str) -> AssetsDefinition:
    """The asset that compares one loaded module of a batch."""

    @asset(
        name=f"{what}_reconciliation",
        ins={
            "loaded": AssetIn(f"loaded_{what}"),
            "plan": AssetIn("load_plan"),
            "snapshot": AssetIn("destination_snapshot"),
        },
        partitions_def=BATCHES,
        group_name=GROUP,
        kinds={"polars"},
        description=f"Every field of the batch's {what}: sent, read back, why they differ.",
    )
    def reconciled(
        context: AssetExecutionContext,
        destination: DestinationResource,
        loaded: pl.DataFrame,
        plan: pl.DataFrame,
        snapshot: pl.DataFrame,
    ) -> Output[pl.DataFrame]:
        with destination.ledger() as ledger:
            identities = ledger.identities()
        comparison, report = compare_batch(
            what, context.partition_key, loaded, snapshot, identities, plan=plan
        )
        path = destination.workspace.write_report(
            f"batches/{context.partition_key}/{what}.md", report
        )
        counts = counts_by(comparison, "verdict")
        return counted(comparison, report=MetadataValue.path(path), **counts)

    return reconciled


RECONCILIATIONS = [reconciliation_asset(what) for what in LOADED]


def books_of(what: str) -> dict[str, AssetIn]:
    """The two inputs that closing the books takes of a module, over all batches."""
    return {
        f"loaded_{what}": AssetIn(f"loaded_{what}"),
        f"compared_{what}": AssetIn(f"{what}_reconciliation"),
    }


def paths(files: Mapping[str, str]) -> dict[str, MetadataValue[Any]]:
    """Files as links the web page can open, named without their ending."""
    return {
        name.replace(".", "_"): MetadataValue.path(path) for name, path in files.items()
    }


def written(books: Books, workspace: WorkspaceResource) -> dict[str, str]:
    """Write every report, the signed certificate and its evidence; paths by name."""
    folders = workspace.workspace
    files = {
        name: str(workspace.write_report(name, text))
        for name, text in {**books.files, **books.own_files}.items()
    }
    files |= books.sealed(workspace_signer(folders.data / "keys"), folders.reports)
    workspace.write_report("summary.json", summary_text(books, files))
    return files


def stacked(frames: Mapping[str, pl.DataFrame], prefix: str) -> pl.DataFrame:
    """The frames whose names start so, one under the other."""
    return pl.concat(
        [frame for name, frame in frames.items() if name.startswith(prefix)],
        how="diagonal_relaxed",
    )


@multi_asset(
    name="close_books",
    group_name=GROUP,
    ins={
        **{name: taken for what in LOADED for name, taken in books_of(what).items()},
        # Payloads of millions of records are of no use here.
        "intended": AssetIn("intended_records", input_manager_key=IDENTIFYING),
        "plans": AssetIn("load_plan", input_manager_key=IDENTIFYING),
    },
    outs={
        "certificate": AssetOut(
            description="Thresholds, what was measured, and pass or fail.", kinds={"polars"}
        ),
        "reconciliation_report": AssetOut(
            description="Where every source row ended and what stands in Freshsales, as "
            "HTML and Markdown for the customer's admin.",
            kinds={"html"},
        ),
        "spot_sample": AssetOut(
            description="Records drawn for a person to look at, field by field.",
            kinds={"polars"},
        ),
    },
)
def certificate_and_report(
    destination: DestinationResource,
    source_rows: pl.DataFrame,
    transactions: pl.DataFrame,
    subscriptions: pl.DataFrame,
    destination_snapshot: pl.DataFrame,
    provisioned_fields: pl.DataFrame,
    intended: pl.DataFrame,
    plans: pl.DataFrame,
    **loads: pl.DataFrame,
) -> Outputs:
    """Close the books over all batches: counts, sums, links, fields, and the verdict."""
    workspace = destination.workspace
    with destination.ledger() as ledger:
        books = close_books(
            workspace.mapping(),
            results=stacked(loads, "loaded_"),
            comparison=stacked(loads, "compared_"),
            intended=intended,
            plans=plans,
            snapshot=destination_snapshot,
            row_states=source_rows,
            transactions=transactions,
            subscriptions=subscriptions,
            metadata=destination.settings_in(provisioned_fields),
            identities=ledger.identities(),
            requests=ledger.request_counts(),
            target=workspace.settings().base_url,
            account=ledger.destination.key,
            record=ledger.chain_record(),
        )
    files = written(books, workspace)
    passed, links = books.reckoning.certificate.passed, paths(files)
    yield counted(books.measures, name="certificate", passed=passed, **links)
    listed = pl.DataFrame({"report": list(files), "path": list(files.values())})
    yield counted(listed, name="reconciliation_report", passed=passed, **links)
    yield counted(books.sample, name="spot_sample", seed=books.ground.seed)


@asset(group_name=GROUP, kinds={"html"})
def spot_check(
    destination: DestinationResource,
    spot_sample: pl.DataFrame,
    provisioned_fields: pl.DataFrame,
    contacts: pl.DataFrame,
    accounts: pl.DataFrame,
    transactions: pl.DataFrame,
    subscriptions: pl.DataFrame,
    raw_contacts: pl.DataFrame,
    raw_transactions: pl.DataFrame,
    raw_subscriptions: pl.DataFrame,
    raw_activities: pl.DataFrame,
    raw_attachments: pl.DataFrame,
) -> Output[pl.DataFrame]:
    """10 to 20 records from their source row to what was read back, for a person's eye."""
    golden = {"contacts": contacts, "leads": contacts, "sales_accounts": accounts,
              "deals": transactions, "subscriptions": subscriptions}  # fmt: skip
    raws = (raw_contacts, raw_transactions, raw_subscriptions, raw_activities,
            raw_attachments)  # fmt: skip
    report = spot_check_report(
        spot_sample,
        Origins(source_rows_of(spot_sample, *raws), golden),
        destination.workspace.mapping(),
        destination.settings_in(provisioned_fields),
    )
    path = destination.workspace.write_report("spot_check.html", report.html)
    return counted(report.table, path=MetadataValue.path(path))


@asset(group_name=GROUP, kinds={"markdown"}, deps=["certificate"])
def rebuild_inventory(
    workspace: WorkspaceResource, contacts: pl.DataFrame, tag_taxonomy: pl.DataFrame
) -> Output[pl.DataFrame]:
    """What somebody has to build again: sequences, memberships, automations, forms."""
    report = inventory_report(contacts, tag_taxonomy)
    path = workspace.write_report("rebuild_inventory.md", report.markdown)
    workspace.write_report("rebuild_inventory.html", report.html)
    return counted(report.table, path=MetadataValue.path(path))
