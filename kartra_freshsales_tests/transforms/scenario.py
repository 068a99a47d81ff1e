"""Raw frames for the tests: text cells as the front door hands them on.

Names and addresses are invented; the awkward cells are explained where they are used.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import polars as pl

from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.transforms.contacts import clean_contacts
from kartra_freshsales.transforms.records import Cleaned, Golden
from kartra_freshsales.transforms.subscriptions import (
    clean_subscriptions,
    golden_subscriptions,
)
from kartra_freshsales.transforms.survivorship import golden_contacts
from kartra_freshsales.transforms.transactions import (
    clean_transactions,
    golden_transactions,
)

RULES = SourceRules()
MARCH, APRIL = datetime(2026, 3, 2, 14, tzinfo=UTC), datetime(2026, 4, 2, 14, tzinfo=UTC)
NOTHING = pl.DataFrame(
    schema={
        "_batch": pl.String,
        "_file": pl.String,
        "_row": pl.Int64,
        "_exported_at": pl.Datetime("us", "UTC"),
    }
)
"""What stands for a kind of which a batch has no file."""

Row = Mapping[str, str | None]


def raw(
    *rows: Row,
    batch: str = "b1",
    file: str = "a.csv",
    at: datetime | None = MARCH,
    currency: str | None = None,
) -> pl.DataFrame:
    """Rows of one file, numbered from line 2."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    frame = pl.DataFrame(
        {name: [row.get(name) for row in rows] for name in names},
        schema=dict.fromkeys(names, pl.String),
    )
    return frame.with_columns(
        pl.lit(currency, pl.String).alias("_currency"),
        pl.lit(batch).alias("_batch"),
        pl.lit(file).alias("_file"),
        pl.int_range(2, len(rows) + 2, dtype=pl.Int64).alias("_row"),
        pl.lit(at, pl.Datetime("us", "UTC")).alias("_exported_at"),
    )


def contact(email: str | None, **cells: str | None) -> Row:
    """The cells of a contact."""
    return {"email": email, **cells}


def sale(number: str | None, amount: str | None, **cells: str | None) -> Row:
    """The cells of a sale to Ada, unless said otherwise."""
    return {
        "id": number,
        "transaction_type": "Sale",
        "amount": amount,
        "date": "2026-02-01 10:00:00",
        "product": "Course",
        "lead_id": "7",
        "buyer_email": "ada@example.com",
        **cells,
    }


def cleaned_contacts(*frames: pl.DataFrame, rules: SourceRules = RULES) -> pl.DataFrame:
    """The rows of several raw frames, cleaned one by one as batches are."""
    return pl.concat([clean_contacts(f, rules).rows for f in frames], how="diagonal")


def golden(*frames: pl.DataFrame, rules: SourceRules = RULES) -> Golden:
    """The golden contacts of several raw frames."""
    return golden_contacts(cleaned_contacts(*frames, rules=rules))


def people(*rows: Row) -> pl.DataFrame:
    """Golden contacts for buyers to be found among."""
    return golden(raw(*rows)).records


def sales(
    *frames: pl.DataFrame, contacts: pl.DataFrame, rules: SourceRules = RULES
) -> Golden:
    """The golden transactions of several raw frames."""
    rows = [clean_transactions(f, rules).rows for f in frames]
    return golden_transactions(pl.concat(rows, how="diagonal"), contacts, rules)


def plans(
    *frames: pl.DataFrame, contacts: pl.DataFrame, rules: SourceRules = RULES
) -> Golden:
    """The golden subscriptions of several raw frames."""
    rows = [clean_subscriptions(f, rules).rows for f in frames]
    return golden_subscriptions(pl.concat(rows, how="diagonal"), contacts, rules)


def reasons(frame: pl.DataFrame) -> list[str | None]:
    """The reasons of rows in the order of file and line."""
    return frame.sort("_file", "_row")["reason"].to_list()


def states(golden_records: Golden) -> list[tuple[str, str | None]]:
    """State and reason of rows in the order of batch, file and line."""
    ordered = golden_records.row_states.sort("_batch", "_file", "_row")
    return ordered.select("state", "reason").rows()


def told(findings: Sequence[object] | Cleaned | Golden) -> str:
    """All findings as one text."""
    if isinstance(findings, Cleaned):
        return "\n".join(map(str, findings.warnings))
    if isinstance(findings, Golden):
        return "\n".join(map(str, findings.findings))
    return "\n".join(map(str, findings))
