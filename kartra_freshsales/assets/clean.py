"""Stage 4, clean: raw rows become typed rows, then one golden record each."""

from dataclasses import asdict

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

from kartra_freshsales.kartra.kinds import ExportKind
from kartra_freshsales.orchestration.outputs import Outputs, counted
from kartra_freshsales.orchestration.partitions import BATCHES
from kartra_freshsales.orchestration.resources import WorkspaceResource
from kartra_freshsales.transforms import companies, conservation, in_slices
from kartra_freshsales.transforms.buyers import BUYER_COLUMNS
from kartra_freshsales.transforms.currencies import with_currency_of_payments
from kartra_freshsales.transforms.merging import account_names
from kartra_freshsales.transforms.spool import Spool, height_of
from kartra_freshsales.transforms.subscriptions import golden_subscriptions
from kartra_freshsales.transforms.survivorship import golden_contact_tables
from kartra_freshsales.transforms.transactions import golden_transaction_tables

GROUP = "clean"
KINDS = (ExportKind.CONTACTS, ExportKind.TRANSACTIONS, ExportKind.SUBSCRIPTIONS)


def cleaned_asset(kind: ExportKind) -> AssetsDefinition:
    """The asset that cleans one kind of a batch, and its sibling of rows set aside."""

    @multi_asset(
        name=f"clean_{kind}",
        ins={"raw": AssetIn(f"raw_{kind}")},
        outs={
            f"cleaned_{kind}": AssetOut(
                description=f"The batch's {kind}: dates, money, e-mails, consent parsed.",
                kinds={"polars", "parquet"},
            ),
            f"set_aside_{kind}": AssetOut(
                description=f"The batch's {kind} rows that go no further, with reasons.",
                kinds={"polars", "parquet"},
            ),
        },
        partitions_def=BATCHES,
        group_name=GROUP,
    )
    def clean_batch(
        context: AssetExecutionContext, workspace: WorkspaceResource, raw: pl.LazyFrame
    ) -> Outputs:
        """Parse and normalise; keep the original text beside what was changed."""
        with workspace.scratch() as folder:
            rules = workspace.mapping().source
            cleaned = in_slices.cleaned(kind, raw, rules, Spool(folder))
            for finding in cleaned.warnings:
                context.log.warning(str(finding))
            found = MetadataValue.json([asdict(finding) for finding in cleaned.warnings])
            yield counted(
                cleaned.rows,
                name=f"cleaned_{kind}",
                findings=len(cleaned.warnings),
                found=found,
            )
            yield counted(cleaned.set_aside, name=f"set_aside_{kind}")

    return clean_batch


cleaned_contacts = cleaned_asset(ExportKind.CONTACTS)
cleaned_transactions = cleaned_asset(ExportKind.TRANSACTIONS)
cleaned_subscriptions = cleaned_asset(ExportKind.SUBSCRIPTIONS)


@multi_asset(
    name="merge_contacts",
    outs={
        "contacts": AssetOut(
            description="Golden records: one row per e-mail, newest value of each field, "
            "tags and lists united, consent never widened.",
            kinds={"polars", "parquet"},
        ),
        "contact_rows": AssetOut(
            description="Where each contact row ended.", kinds={"polars"}
        ),
        "contact_origins": AssetOut(
            description="Source file and row of every golden field.", kinds={"polars"}
        ),
        "contact_conflicts": AssetOut(
            description="Fields on which overlapping exports disagree.", kinds={"polars"}
        ),
    },
    group_name=GROUP,
)
def golden_contact_records(
    context: AssetExecutionContext,
    workspace: WorkspaceResource,
    cleaned_contacts: pl.LazyFrame,
) -> Outputs:
    """Merge the contacts of all batches by e-mail, and those a person called one."""
    decided = workspace.mapping()
    with workspace.scratch() as folder:
        golden = golden_contact_tables(
            cleaned_contacts,
            Spool(folder),
            decided.duplicates,
            decided.source.legal_suffixes,
        )
        for finding in golden.findings:
            context.log.warning(str(finding))
        merged = golden.records.filter(pl.col("other_emails").list.len() > 0)
        yield counted(golden.records, name="contacts", took_others_in=height_of(merged))
        yield counted(golden.row_states, name="contact_rows")
        yield counted(golden.origins, name="contact_origins")
        yield counted(golden.conflicts, name="contact_conflicts")


@multi_asset(
    name="merge_transactions",
    outs={
        "transactions": AssetOut(
            description="One row per sale or rebill with its buyer; refunds noted on the "
            "sale they undo.",
            kinds={"polars", "parquet"},
        ),
        "transaction_rows": AssetOut(
            description="Where each transaction row ended.", kinds={"polars"}
        ),
    },
    group_name=GROUP,
)
def golden_transaction_records(
    workspace: WorkspaceResource, cleaned_transactions: pl.LazyFrame, contacts: pl.LazyFrame
) -> Outputs:
    """Merge the transactions of all batches by id and attach each to its buyer."""
    with workspace.scratch() as folder:
        rules = workspace.mapping().source
        golden = golden_transaction_tables(
            cleaned_transactions, contacts, rules, Spool(folder)
        )
        rungs = {finding.what: finding.count for finding in golden.findings}
        yield counted(golden.records, name="transactions", **rungs)
        yield counted(golden.row_states, name="transaction_rows")


@multi_asset(
    name="merge_subscriptions",
    outs={
        "subscriptions": AssetOut(
            description="One row per subscription with its buyer, status, interval and "
            "next payment.",
            kinds={"polars", "parquet"},
        ),
        "subscription_rows": AssetOut(
            description="Where each subscription row ended.", kinds={"polars"}
        ),
    },
    group_name=GROUP,
)
def golden_subscription_records(
    workspace: WorkspaceResource,
    cleaned_subscriptions: pl.DataFrame,
    contacts: pl.LazyFrame,
    transactions: pl.LazyFrame,
) -> Outputs:
    """Merge the subscriptions of all batches by id and attach each to its buyer."""
    buyers = contacts.select(BUYER_COLUMNS).collect()
    golden = golden_subscriptions(cleaned_subscriptions, buyers, workspace.mapping().source)
    rungs = {finding.what: finding.count for finding in golden.findings}
    paid_in = transactions.select("subscription_id", "currency").collect()
    records = with_currency_of_payments(golden.records, paid_in)
    yield counted(records, name="subscriptions", **rungs)
    yield counted(golden.row_states, name="subscription_rows")


@asset(group_name=GROUP, kinds={"polars", "parquet"})
def accounts(workspace: WorkspaceResource, contacts: pl.LazyFrame) -> Output[pl.DataFrame]:
    """Sales accounts found in the contacts' company names, spelling variants united."""
    decided = workspace.mapping()
    names = account_names(decided.duplicates, decided.source.legal_suffixes)
    return counted(companies.accounts(contacts.select(companies.NEEDED).collect(), names))


@asset(
    group_name=GROUP,
    kinds={"polars", "parquet"},
    ins={
        f"{stage}_{kind}": AssetIn(f"{stage}_{kind}")
        for stage in ("quarantined", "set_aside")
        for kind in (*KINDS, ExportKind.ACTIVITIES, ExportKind.ATTACHMENTS)
    },
)
def source_rows(
    contact_rows: pl.DataFrame,
    transaction_rows: pl.DataFrame,
    subscription_rows: pl.DataFrame,
    activity_rows: pl.DataFrame,
    attachment_rows: pl.DataFrame,
    **not_going_on: pl.DataFrame,
) -> Output[pl.DataFrame]:
    """The ledger of rows: every line of every file in exactly one state."""
    rows = conservation.ledger_of_rows(
        states=[
            contact_rows,
            transaction_rows,
            subscription_rows,
            activity_rows,
            attachment_rows,
        ],
        set_aside=[f for name, f in not_going_on.items() if name.startswith("set_aside")],
        quarantined={
            name.removeprefix("quarantined_"): frame
            for name, frame in not_going_on.items()
            if name.startswith("quarantined")
        },
    )
    return counted(
        rows, states=str(dict(rows.group_by("state").len().sort("state").rows()))
    )
