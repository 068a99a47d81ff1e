"""Stage 5, owners: every owner in the exports is an active Freshsales user."""

import polars as pl
from dagster import MetadataValue, Output, asset

from kartra_freshsales.errors import OwnersUnmatched
from kartra_freshsales.mapping.owners import owner_table
from kartra_freshsales.orchestration.frames import metadata_from
from kartra_freshsales.orchestration.outputs import counted, counts_by
from kartra_freshsales.orchestration.resources import WorkspaceResource
from kartra_freshsales.reports.owner_queue import owner_queue_csv

GROUP = "owners"
QUEUE = "owner_queue.csv"
SETTLED = ("matched", "default")
UNSETTLED = ~pl.col("status").is_in(SETTLED)


@asset(group_name=GROUP, kinds={"polars"})
def owner_map(
    workspace: WorkspaceResource,
    contacts: pl.DataFrame,
    transactions: pl.DataFrame,
    subscriptions: pl.DataFrame,
    freshsales_metadata: pl.DataFrame,
) -> Output[pl.DataFrame]:
    """Each distinct owner of contacts and deals, matched by e-mail to an active user.

    Who has nobody is listed here already, so that users can be added at any time.
    """
    owners = owner_table(
        contacts,
        transactions,
        subscriptions,
        workspace.mapping(),
        metadata_from(freshsales_metadata).users,
    )
    counts = counts_by(owners, "status")
    path = workspace.write_report(QUEUE, owner_queue_csv(owners.filter(UNSETTLED)))
    return counted(owners, queue=MetadataValue.path(path), **counts)


@asset(group_name=GROUP, kinds={"csv"}, deps=["confirmed_mapping"])
def owner_queue(
    workspace: WorkspaceResource, owner_map: pl.DataFrame
) -> Output[pl.DataFrame]:
    """Owners nobody in Freshsales answers to: while one is left, it stops here (gate 2)."""
    queue = owner_map.filter(UNSETTLED)
    path = workspace.workspace.reports / QUEUE
    if queue.height:
        raise OwnersUnmatched(
            f"{queue.height} owner(s) have no active user in Freshsales; see {path}.",
            remedy="Add or reactivate these users in Freshsales, or name another owner "
            "under 'remap' in mappings/owners.yaml (sheet Owners of reports/review.xlsx), "
            "then run this again.",
        )
    return counted(queue, queue=MetadataValue.path(path))
