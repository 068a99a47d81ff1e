"""Which asset has which checks, in the order of the journey.

A blocking check stops the rest of its own run only; what must never pass is refused in the
bodies of the assets (``confirmed_mapping``, ``owner_queue``, ``provisioned_fields``,
``confirmed_conversion`` and every ``loaded_…``). Not here: the rules.
"""

from collections.abc import Iterator

from dagster import AssetChecksDefinition

from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.orchestration.checks import (
    cover_rules,
    key_rules,
    load_rules,
    record_rules,
    source_rules,
    total_rules,
)
from kartra_freshsales.orchestration.checks.factories import Check, checks_of, error, warn
from kartra_freshsales.orchestration.checks.shape_rules import Schema, conforms
from kartra_freshsales.orchestration.partitions import BATCHES
from kartra_freshsales.schemas.accounts import Accounts
from kartra_freshsales.schemas.cleaned import (
    CleanedContacts,
    CleanedSubscriptions,
    CleanedTransactions,
)
from kartra_freshsales.schemas.contacts import Contacts
from kartra_freshsales.schemas.intended import Intended
from kartra_freshsales.schemas.load_plan import LoadPlan
from kartra_freshsales.schemas.load_results import LoadResults
from kartra_freshsales.schemas.raw import QuarantinedLines, RawRows
from kartra_freshsales.schemas.row_states import RowStates
from kartra_freshsales.schemas.subscriptions import Subscriptions
from kartra_freshsales.schemas.transactions import Transactions

KINDS = ("contacts", "transactions", "subscriptions")
OPTIONAL = ("activities", "attachments")
"""Kinds that a person may bring besides; most batches have neither."""
LOADED = {
    "accounts": Module.SALES_ACCOUNTS,
    "contacts": Module.CONTACTS,
    "leads": Module.LEADS,
    "deals": Module.DEALS,
    "subscriptions": Module.SUBSCRIPTIONS,
    "notes": Module.NOTES,
    "activities": Module.ACTIVITIES,
    "files": Module.FILES,
    "lists": Module.LISTS,
}


CLEANED: dict[str, Schema] = {
    "contacts": CleanedContacts,
    "transactions": CleanedTransactions,
    "subscriptions": CleanedSubscriptions,
}


def shape(asset: str, schema: Schema) -> Check:
    """The asset's pandera schema as its first check."""
    return Check(
        "schema",
        "Columns, types and allowed values are as this stage promises them.",
        conforms(asset, schema),
    )


def extract_checks() -> Iterator[AssetChecksDefinition]:
    """Files and lines of a batch: what could not be read warns, the rest goes on."""
    for kind in KINDS:
        yield checks_of(
            f"raw_{kind}",
            shape(f"raw_{kind}", RawRows),
            Check(
                "every_line_is_one_row_of_text",
                "Cells are text, and no line was read twice.",
                source_rules.every_line_is_one_row_of_text(f"raw_{kind}"),
            ),
            Check(
                "some_line_was_read",
                "Where lines were set aside as unreadable, others could be read.",
                source_rules.some_line_was_read(f"raw_{kind}", f"quarantined_{kind}"),
            ),
            beside=(f"quarantined_{kind}",),
            partitions_def=BATCHES,
        )
        yield checks_of(
            f"quarantined_{kind}",
            shape(f"quarantined_{kind}", QuarantinedLines),
            warn(
                "every_line_was_read",
                "No line was set aside because it could not be read; counts by reason.",
                source_rules.every_line_was_read(f"quarantined_{kind}"),
            ),
            partitions_def=BATCHES,
        )
    for kind in OPTIONAL:
        yield checks_of(
            f"quarantined_{kind}",
            shape(f"quarantined_{kind}", QuarantinedLines),
            warn(
                "every_line_was_read",
                "No line was set aside because it could not be read; counts by reason.",
                source_rules.every_line_was_read(f"quarantined_{kind}"),
            ),
            partitions_def=BATCHES,
        )
    yield checks_of(
        "file_problems",
        warn(
            "every_file_is_usable",
            "Each file of the batch is an export that could be read.",
            source_rules.every_file_is_usable,
        ),
        partitions_def=BATCHES,
    )


def clean_checks() -> Iterator[AssetChecksDefinition]:
    """Nothing is lost in cleaning, and golden records hang together."""
    for kind in KINDS:
        yield checks_of(
            f"cleaned_{kind}",
            shape(f"cleaned_{kind}", CLEANED[kind]),
            Check(
                "every_source_row_is_accounted_for",
                "Each raw row was cleaned or set aside, once.",
                key_rules.rows_conserved(
                    (f"raw_{kind}",), (f"cleaned_{kind}", f"set_aside_{kind}")
                ),
            ),
            warn(
                "rules",
                "How many rows each rule set aside. Informs only: the rules were decided.",
                source_rules.set_aside_by_rule(kind),
            ),
            beside=(f"raw_{kind}", f"set_aside_{kind}"),
            partitions_def=BATCHES,
        )
    yield checks_of(
        "contacts", shape("contacts", Contacts), _unique("contacts", "contact_key")
    )
    yield checks_of(
        "accounts",
        shape("accounts", Accounts),
        _unique("accounts", "account_key"),
        # Here and not at contacts: a check that blocks contacts cannot wait for accounts.
        _resolve("contacts", "accounts", "account_key"),
        beside=("contacts",),
    )
    deals: dict[str, Schema] = {
        "transactions": Transactions,
        "subscriptions": Subscriptions,
    }
    for kind, schema in deals.items():
        yield checks_of(
            kind,
            shape(kind, schema),
            _unique(kind, "deal_key"),
            _resolve(kind, "contacts", "contact_key", required=True),
            beside=("contacts",),
        )
    kinds = (*KINDS, *OPTIONAL)
    read = tuple(f"{stage}_{kind}" for stage in ("raw", "quarantined") for kind in kinds)
    yield checks_of(
        "source_rows",
        shape("source_rows", RowStates),
        Check(
            "every_source_row_is_accounted_for",
            "Each line of each file is in exactly one state.",
            key_rules.rows_conserved(read, ("source_rows",)),
        ),
        beside=read,
    )


def _unique(asset: str, key: str) -> Check:
    return Check(
        "keys_are_unique",
        f"One row per {key}, and none without.",
        key_rules.unique_keys(asset, key),
    )


def _resolve(child: str, parent: str, key: str, *, required: bool = False) -> Check:
    return Check(
        "references_resolve",
        f"Every {key} of {child} names a row of {parent}.",
        key_rules.references_resolve(child, parent, key, required=required),
    )


def decision_checks() -> Iterator[AssetChecksDefinition]:
    """Columns, owners and fields: what people still have to decide or to set up."""
    yield checks_of(
        "mapping_coverage",
        Check(
            "every_column_is_decided",
            "Each column of each export is mapped, derived or dropped on purpose.",
            record_rules.every_column_is_decided,
        ),
        beside=("export_columns",),
    )
    yield checks_of(
        "export_gaps",
        warn(
            "exports_leave_no_gap",
            "No month or more lacks transactions, where the account sells steadily.",
            cover_rules.exports_leave_no_gap,
        ),
    )
    yield checks_of(
        "totals_compared",
        warn(
            "every_typed_total_agrees",
            "What was typed in from Kartra's screens is what the exports hold.",
            total_rules.every_typed_total_agrees,
        ),
    )
    yield checks_of(
        "owner_map",
        warn(
            "every_owner_is_matched",
            "Each owner is an active user of Freshsales, or a default was named.",
            record_rules.every_owner_is_matched,
        ),
    )
    yield checks_of(
        "field_plan",
        warn(
            "every_field_stands",
            "Each custom field the load needs stands in the account as planned.",
            record_rules.every_field_stands,
        ),
    )
    yield checks_of(
        "conversion_mapping",
        warn(
            "every_lead_field_survives_conversion",
            "Each custom field of a lead has a field of its type to go to (Classic).",
            record_rules.every_lead_field_survives_conversion,
        ),
    )


def plan_checks() -> Iterator[AssetChecksDefinition]:
    """What is meant to be sent: complete, and what would not be taken."""
    yield checks_of(
        "intended_records",
        shape("intended_records", Intended),
        Check(
            "every_golden_record_is_intended",
            "Each golden record becomes exactly one intended record.",
            record_rules.every_golden_record_is_intended,
        ),
        beside=("contacts", "accounts", "transactions", "subscriptions"),
    )
    yield checks_of(
        "load_plan",
        shape("load_plan", LoadPlan),
        warn(
            "nothing_is_refused",
            "The destination would take every record as it is.",
            load_rules.nothing_is_refused,
        ),
        warn(
            "no_conflicts",
            "People changed nothing there that the source wants otherwise.",
            load_rules.no_conflicts,
        ),
        partitions_def=BATCHES,
    )


def load_checks() -> Iterator[AssetChecksDefinition]:
    """What the load did to each planned record, and what was read back of it."""
    for what, module in LOADED.items():
        loaded, compared = f"loaded_{what}", f"{what}_reconciliation"
        yield checks_of(
            loaded,
            shape(loaded, LoadResults),
            Check(
                "every_planned_record_has_an_outcome",
                "One result for each record of the plan, and none besides.",
                load_rules.every_planned_record_has_an_outcome(loaded, str(module)),
            ),
            error(
                "nothing_failed",
                "Every record that was to be sent was sent.",
                load_rules.nothing_failed(loaded),
            ),
            beside=("load_plan",),
            partitions_def=BATCHES,
        )
        yield checks_of(
            compared,
            error(
                "every_field_arrived",
                "Every field that was sent was read back as it was meant.",
                load_rules.every_field_arrived(compared),
            ),
            partitions_def=BATCHES,
        )
    yield checks_of(
        "certificate",
        error(
            "certificate_passes",
            "Every threshold that was written down is met.",
            load_rules.certificate_passes,
        ),
    )
    yield checks_of(
        "rolled_back",
        error(
            "rollback_is_proven",
            "What was taken back was read back, and nothing of it still stands.",
            load_rules.rollback_is_proven,
        ),
        partitions_def=BATCHES,
    )


ALL_CHECKS: list[AssetChecksDefinition] = [
    *extract_checks(),
    *clean_checks(),
    *decision_checks(),
    *plan_checks(),
    *load_checks(),
]
