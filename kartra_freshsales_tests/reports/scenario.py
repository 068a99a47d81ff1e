"""A small migration in which things can go wrong, measured and ready to print."""

from collections.abc import Mapping

import polars as pl

from kartra_freshsales.reconcile.causes import cause_counts, with_causes
from kartra_freshsales.reconcile.certificate import certificate
from kartra_freshsales.reconcile.compare import compare_records, verdict_counts
from kartra_freshsales.reconcile.conservation import equation, terminal_states
from kartra_freshsales.reconcile.links import orphans
from kartra_freshsales.reconcile.sums import sums
from kartra_freshsales.reports.page import Report
from kartra_freshsales.reports.reconciliation import reconciliation_report
from kartra_freshsales_tests.reconcile import scenario as s

CONTACT = ("contacts", "buyer@example.com")
DEAL, OTHER_DEAL = ("deals", "txn:1"), ("deals", "txn:2")
MODULES: Mapping[str, Mapping[str, int]] = {
    "sales_accounts": {"planned": 1, "created": 1, "verified": 1},
    "contacts": {"planned": 1, "updated": 1, "verified": 1},
    "deals": {"planned": 2, "created": 1, "refused": 1, "verified": 1},
}
REQUESTS = {"read": 1200, "write": 30, "poll": 4}
# The destination's words may quote a value; nobody's address may reach the report.
WORDS = "The address buyer@example.com is taken, call +1 201 555 0123."


def results(refused: tuple[str, str] | None = None) -> pl.DataFrame:
    """Load results: all created but for the one refused."""
    rows = [
        (
            module,
            key,
            "refused" if (module, key) == refused else "created",
            [f"jan/e.csv:{n}"],
        )
        for n, (module, key) in enumerate(s.WRITTEN, start=2)
    ]
    schema: dict[str, pl.DataType] = {
        "module": pl.String(),
        "source_key": pl.String(),
        "outcome": pl.String(),
        "sources": pl.List(pl.String()),
    }
    refusal = pl.col("outcome") == "refused"
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.lit("own").alias("role"),
        pl.when(refusal).then(pl.lit(WORDS)).alias("reason"),
        pl.when(refusal).then(pl.lit("Correct the address.")).alias("remedy"),
    )


def comparison(changes: s.Changes | None = None) -> pl.DataFrame:
    """Sent against read back, with causes."""
    return with_causes(compare_records(s.sent(), s.seen(changes)))


def report(
    changes: s.Changes | None = None,
    refused: tuple[str, str] | None = None,
    *,
    rehearsal: bool | None = True,
) -> Report:
    """The whole report of the small load."""
    compared, read, done = comparison(changes), s.seen(changes), results(refused)
    broken = orphans(s.sent(), read)
    balance = equation(s.row_states(), done)
    money = sums(s.deals(), read, sent=s.sent())
    return reconciliation_report(
        certificate(compared, money, broken, balance),
        equation=balance,
        modules=MODULES,
        verdict_counts=verdict_counts(compared),
        cause_counts=cause_counts(compared),
        sums=money,
        orphans=broken,
        comparison=compared,
        results=done,
        rows=terminal_states(s.row_states(), done),
        requests=REQUESTS,
        target="https://acme.example.com/crm/sales",
        rehearsal=rehearsal,
        batches=("jan", "feb"),
    )
