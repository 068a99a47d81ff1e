"""What a changed map would do to what is loaded, before anybody confirms it (G15).

Works on frames the last preparation left and asks Freshsales nothing. Not here: the plan
that is approved (``assets.plan``).
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import polars as pl

from kartra_freshsales.freshsales.plan_facts import hourly_limit
from kartra_freshsales.mapping.building.activities import hung_rows
from kartra_freshsales.mapping.payloads import intended
from kartra_freshsales.mapping.routing import standing_in
from kartra_freshsales.orchestration.frames import metadata_from
from kartra_freshsales.planning.cost import cost
from kartra_freshsales.planning.plan import make_plan
from kartra_freshsales.planning.refusals import predicted_refusals
from kartra_freshsales.planning.summary import operation_counts

if TYPE_CHECKING:
    from kartra_freshsales.cli.journey import Journey

CAVEAT = (
    "Looked at the exports and at Freshsales as the last preparation saw them. Changes in "
    "source.yaml, consent.yaml and duplicates.yaml work on the records themselves: they "
    "show only in 'plan'."
)


def impact_of(journey: "Journey", batches: Iterable[str]) -> dict[str, Any]:
    """Which loaded records the map as it stands now would change, and the requests.

    Returns:
        ``modules``: module → operation → records; ``fields``: module, field and how many
        loaded records would change in it; ``requests``, ``hours``.

    Raises:
        BadInput: nothing was prepared yet.
    """
    mapping = journey.destination.workspace.mapping()
    settings, target = journey.destination.workspace.settings(), mapping.destination
    plan = pl.concat(list(_plans(journey, batches)))
    own = plan.filter(pl.col("role") == "own")
    price = cost(
        own,
        requests_per_hour=hourly_limit(settings.requests_per_hour, target.plan),
        reserve=settings.live_use_reserve,
        group_size=target.group_size,
        list_group_size=target.list_group_size,
        edition=target.edition,
        bulk=target.bulk_endpoints,
    )
    return {
        "modules": operation_counts(own),
        "fields": changed_fields(own).to_dicts(),
        "requests": price.total,
        "hours": price.hours,
        "caveat": CAVEAT,
    }


def changed_fields(plan: pl.DataFrame) -> pl.DataFrame:
    """``module, field, records``: loaded records that would change, field by field."""
    updates = plan.filter(pl.col("operation") == "update")
    return (
        updates.select("module", pl.col("fields").alias("field"))
        .explode("field", empty_as_null=True)
        .drop_nulls()
        .group_by("module", "field")
        .agg(pl.len().cast(pl.Int64).alias("records"))
        .sort("module", "field")
    )


def _plans(journey: "Journey", batches: Iterable[str]) -> Iterator[pl.DataFrame]:
    mapping = journey.destination.workspace.mapping()
    edition = mapping.destination.edition
    snapshot = journey.frame("destination_snapshot")
    provisioned = journey.frame("provisioned_fields")
    metadata = journey.destination.settings_in(provisioned)
    lookups = metadata_from(provisioned).lookups()
    hung = hung_rows(
        journey.frame("activities"), journey.frame("attachments"), mapping, lookups
    )
    wanted = intended(
        journey.frame("contacts"),
        journey.frame("accounts"),
        journey.frame("transactions"),
        journey.frame("subscriptions"),
        mapping,
        lookups,
        edition=edition,
        standing=standing_in(snapshot),
    )
    wanted = pl.concat([wanted, *hung])
    refusals = predicted_refusals(wanted, metadata, edition=edition)
    with journey.destination.ledger() as ledger:
        identities = ledger.identities()
    for batch in batches:
        yield make_plan(
            wanted,
            identities,
            snapshot,
            batch=batch,
            refusals=refusals,
            edition=edition,
            missing=journey.frame("deleted_records"),
            said=mapping.conflicts,
            left=journey.frame("left_source"),
        )[0]
