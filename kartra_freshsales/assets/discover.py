"""Stage 2, discover: the migration explains itself before anything moves.

Nothing here needs Freshsales: the scope can be written from the exports alone.
"""

from pathlib import Path

import polars as pl
from dagster import (
    AssetExecutionContext,
    AssetOut,
    MetadataValue,
    Output,
    asset,
    multi_asset,
)

from kartra_freshsales.kartra.kinds import ExportKind
from kartra_freshsales.mapping.label_changes import label_changes
from kartra_freshsales.orchestration.outputs import Facts, Outputs, counted, counts_by
from kartra_freshsales.orchestration.resources import WorkspaceResource
from kartra_freshsales.reports import batches as batch_tables
from kartra_freshsales.reports.discovery import Scope, scope_of
from kartra_freshsales.reports.gaps import gaps_report
from kartra_freshsales.reports.scope_sections import (
    duplicates_section,
    flags_section,
    labels_section,
    totals_section,
)
from kartra_freshsales.reports.tables import csv_text
from kartra_freshsales.transforms import audit, batches, gaps, totals
from kartra_freshsales.transforms import export_columns as columns
from kartra_freshsales.transforms import tag_taxonomy as taxonomy
from kartra_freshsales.transforms.company_lookalikes import account_lookalikes
from kartra_freshsales.transforms.conflicts_to_review import conflicts_to_review
from kartra_freshsales.transforms.flags import flag_counts, flagged
from kartra_freshsales.transforms.lookalikes import contact_lookalikes

GROUP = "discover"


@asset(group_name=GROUP, kinds={"polars"})
def export_columns(
    raw_contacts: pl.DataFrame,
    raw_transactions: pl.DataFrame,
    raw_subscriptions: pl.DataFrame,
) -> Output[pl.DataFrame]:
    """Every column of every export: known or custom, how full, and which files lack it."""
    table = columns.export_columns(
        {
            "contacts": raw_contacts,
            "transactions": raw_transactions,
            "subscriptions": raw_subscriptions,
        }
    )
    custom = int((~table["known"]).sum())
    renamed = table["proposed"].drop_nulls().len()
    return counted(table, custom=custom, probably_renamed=renamed)


@multi_asset(
    name="compare_batches",
    outs={
        "batch_manifest": AssetOut(
            description="What each file brought: rows, records, first and last day.",
            kinds={"polars"},
        ),
        "batch_overlaps": AssetOut(
            description="How many records two batches have in common.", kinds={"polars"}
        ),
        "export_gaps": AssetOut(
            description="Stretches of days that no transaction is from.", kinds={"polars"}
        ),
    },
    group_name=GROUP,
)
def what_exports_cover(
    workspace: WorkspaceResource,
    raw_contacts: pl.DataFrame,
    raw_transactions: pl.DataFrame,
    raw_subscriptions: pl.DataFrame,
) -> Outputs:
    """Count what each batch brought and what it shares with others; counts only."""
    raw = {
        ExportKind.CONTACTS: raw_contacts,
        ExportKind.TRANSACTIONS: raw_transactions,
        ExportKind.SUBSCRIPTIONS: raw_subscriptions,
    }
    found = batches.cover(raw, workspace.mapping().source)
    for name, frame, table in (
        ("batch_manifest", found.manifest, batch_tables.manifest_table),
        ("batch_overlaps", found.overlaps, batch_tables.overlaps_table),
        ("export_gaps", found.gaps, batch_tables.gaps_table),
    ):
        text = batch_tables.markdown_of(table(frame))
        yield counted(frame, name=name, counts=MetadataValue.md(text))


@asset(group_name=GROUP, kinds={"polars"})
def contact_audit(
    workspace: WorkspaceResource,
    cleaned_contacts: pl.DataFrame,
    contacts: pl.DataFrame,
    transactions: pl.DataFrame,
    source_rows: pl.DataFrame,
) -> Output[pl.DataFrame]:
    """Raw against clean counts, and how many are bounced, stale, repeated or nameless."""
    buyers = transactions["contact_key"].unique()
    measured = audit.contact_audit(
        cleaned_contacts,
        contacts,
        source_rows,
        buyers=buyers,
        source=workspace.mapping().source,
    )
    return counted(measured)


@asset(group_name=GROUP, kinds={"csv"})
def duplicate_proposals(
    context: AssetExecutionContext,
    workspace: WorkspaceResource,
    contacts: pl.DataFrame,
    accounts: pl.DataFrame,
) -> Output[pl.DataFrame]:
    """Contacts and companies that may be one; nothing is merged without a decision."""
    decided = workspace.mapping()
    people, findings = contact_lookalikes(contacts, decided.duplicates)
    suffixes = decided.source.legal_suffixes
    firms, more = account_lookalikes(accounts, decided.duplicates, suffixes)
    for finding in (*findings, *more):
        context.log.warning(str(finding))
    found = pl.concat([people, firms])
    # The addresses must be seen: they are what is written into duplicates.yaml.
    text = csv_text(found, verbatim=("keep", "other", "decision"))
    path = workspace.write_report("duplicate_proposals.csv", text)
    return counted(found, path=MetadataValue.path(path), **counts_by(found, "kind"))


@asset(group_name=GROUP, kinds={"csv"})
def flagged_contacts(
    workspace: WorkspaceResource, contacts: pl.DataFrame, duplicate_proposals: pl.DataFrame
) -> Output[pl.DataFrame]:
    """Bounced, refused, stale, odd and doubled contacts, to decide whether they move."""
    flags = flagged(contacts, duplicate_proposals, workspace.mapping().source)
    path = workspace.write_report("flagged_contacts.csv", csv_text(flags))
    counts: Facts = {**flag_counts(flags)}
    return counted(flags, path=MetadataValue.path(path), **counts)


@asset(group_name=GROUP, kinds={"csv"})
def records_to_review(
    workspace: WorkspaceResource,
    cleaned_contacts: pl.DataFrame,
    source_rows: pl.DataFrame,
    duplicate_proposals: pl.DataFrame,
) -> Output[pl.DataFrame]:
    """Contact rows a person should see before the import: no e-mail, no name, doubled."""
    review = audit.records_to_review(cleaned_contacts, source_rows, duplicate_proposals)
    path = workspace.write_report("records_to_review.csv", csv_text(review))
    return counted(review, path=MetadataValue.path(path))


@asset(group_name=GROUP, kinds={"csv"})
def conflicting_fields(
    workspace: WorkspaceResource, contact_conflicts: pl.DataFrame, contacts: pl.DataFrame
) -> Output[pl.DataFrame]:
    """Fields on which a contact's exports disagree: the row that was taken, the others."""
    review = conflicts_to_review(contact_conflicts, contacts)
    path = workspace.write_report("conflicting_fields.csv", csv_text(review))
    return counted(review, path=MetadataValue.path(path))


@asset(group_name=GROUP, kinds={"csv"})
def transaction_totals(
    workspace: WorkspaceResource,
    cleaned_transactions: pl.DataFrame,
    source_rows: pl.DataFrame,
) -> Output[pl.DataFrame]:
    """Counts and sums by type, month, currency and product, as Kartra's screen has them."""
    table = totals.transaction_totals(cleaned_transactions, source_rows)
    path = workspace.write_report("totals_by_month.csv", csv_text(table))
    return counted(table, path=MetadataValue.path(path))


@asset(group_name=GROUP, kinds={"polars"})
def held_together(
    transactions: pl.DataFrame, source_rows: pl.DataFrame
) -> Output[pl.DataFrame]:
    """How many buyers, and how many sales of refunds, were found by each rung."""
    return counted(totals.joins(transactions, source_rows))


@asset(group_name=GROUP, kinds={"csv"})
def totals_compared(
    workspace: WorkspaceResource,
    transaction_totals: pl.DataFrame,
    contacts: pl.DataFrame,
    subscriptions: pl.DataFrame,
) -> Output[pl.DataFrame]:
    """The totals typed in from Kartra's screens beside those of the exports."""
    table = totals.compared(
        workspace.mapping().totals,
        contacts=contacts,
        subscriptions=subscriptions,
        totals=transaction_totals,
    )
    path = workspace.write_report("totals_compared.csv", csv_text(table))
    return counted(table, path=MetadataValue.path(path))


@asset(group_name=GROUP, kinds={"polars"})
def tag_taxonomy(
    context: AssetExecutionContext, workspace: WorkspaceResource, contacts: pl.DataFrame
) -> Output[pl.DataFrame]:
    """Each tag with its contacts, whether it records behaviour, and tags spelt alike."""
    table = taxonomy.tag_taxonomy(contacts)
    for finding in taxonomy.not_compared(table):
        context.log.warning(str(finding))
    path = workspace.write_report("tag_taxonomy.csv", csv_text(table))
    changes = label_changes(contacts, workspace.mapping())
    changed = workspace.write_report("label_changes.csv", csv_text(changes))
    return counted(
        table,
        behavioural=int(table["behavioural"].sum()),
        path=MetadataValue.path(path),
        changed=changes.height,
        changes=MetadataValue.path(changed),
    )


@asset(group_name=GROUP, kinds={"polars"})
def data_gaps(
    workspace: WorkspaceResource,
    contacts: pl.DataFrame,
    transactions: pl.DataFrame,
    subscriptions: pl.DataFrame,
    activities: pl.DataFrame,
    attachments: pl.DataFrame,
    tag_taxonomy: pl.DataFrame,
) -> Output[pl.DataFrame]:
    """What will be missing afterwards, with the number of records each gap touches."""
    table = gaps.gaps(
        contacts,
        tag_taxonomy,
        transactions=transactions,
        subscriptions=subscriptions,
        activities=activities,
        attachments=attachments,
    )
    path = workspace.write_report("data_gaps.md", gaps_report(table).markdown)
    return counted(table, path=MetadataValue.path(path))


@asset(group_name=GROUP, kinds={"html", "markdown"})
def migration_scope(
    workspace: WorkspaceResource,
    export_columns: pl.DataFrame,
    contact_audit: pl.DataFrame,
    records_to_review: pl.DataFrame,
    tag_taxonomy: pl.DataFrame,
    data_gaps: pl.DataFrame,
    mapping_coverage: pl.DataFrame,
    accounts: pl.DataFrame,
    contacts: pl.DataFrame,
    transactions: pl.DataFrame,
    subscriptions: pl.DataFrame,
    held_together: pl.DataFrame,
    transaction_totals: pl.DataFrame,
    totals_compared: pl.DataFrame,
    duplicate_proposals: pl.DataFrame,
    contact_conflicts: pl.DataFrame,
    flagged_contacts: pl.DataFrame,
    batch_manifest: pl.DataFrame,
    batch_overlaps: pl.DataFrame,
    export_gaps: pl.DataFrame,
) -> Output[pl.DataFrame]:
    """The written scope: what there is, what moves, what is lost, how long it takes."""
    scope = scope_of(
        workspace.mapping(),
        audit=contact_audit,
        columns=export_columns,
        coverage=mapping_coverage,
        gaps=data_gaps,
        review=records_to_review,
        taxonomy=tag_taxonomy,
        records={
            "accounts": accounts,
            "contacts": contacts,
            "transactions": transactions,
            "subscriptions": subscriptions,
        },
        more=(
            batch_tables.cover_section(batch_manifest, batch_overlaps, export_gaps),
            flags_section(flagged_contacts),
            labels_section(label_changes(contacts, workspace.mapping())),
            duplicates_section(duplicate_proposals, contact_conflicts),
            totals_section(transaction_totals, totals_compared, held_together),
        ),
    )
    link = MetadataValue.path(_written(workspace, scope))
    return counted(scope.grading.grades, scope=link, grade=scope.grading.overall)


def _written(workspace: WorkspaceResource, scope: Scope) -> Path:
    workspace.write_report("migration_scope.md", scope.report.markdown)
    return workspace.write_report("migration_scope.html", scope.report.html)
