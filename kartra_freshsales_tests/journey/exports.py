"""Hand-written exports of a handful of people, for stories that need to know every cell.

What does not belong here: large or random data (the sample makes those).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

NORTH, SOUTH = "owner-north@example.com", "owner-south@example.com"
STRANGER = "nobody-here@example.org"

ADA, BEN, CLEO, DORA = (
    "ada.archer@example.com",
    "ben.baker@example.net",
    "cleo.carter@example.org",
    "dora.dyer@example.com",
)
BAKERY = "North Bakery"

_CONTACT = (
    "id", "first_name", "last_name", "email", "company", "address", "city", "country",
    "date_joined", "tags", "lists", "gdpr_status", "gdpr_communications",
    "gdpr_status_date", "owner",
)  # fmt: skip
_SALE = (
    "ID", "Transaction_Type", "Date", "Product", "Price_point", "Buyer_Email",
    "Amount (USD)", "Processor", "Processor_transaction_id", "lead_id",
)  # fmt: skip

PEOPLE: Mapping[str, Mapping[str, str]] = {
    ADA: {
        "id": "1", "first_name": "Ada", "last_name": "Archer", "email": ADA,
        "company": BAKERY, "address": "1 Mill Lane", "city": "Millbrook",
        "country": "United States", "date_joined": "2023-01-02 03:04:05",
        "tags": "Customer, Newsletter", "lists": "Bakers", "gdpr_status": "Accepted",
        "gdpr_communications": "Yes", "gdpr_status_date": "2023-01-02 03:04:05",
        "owner": NORTH,
    },
    BEN: {
        "id": "2", "first_name": "Ben", "last_name": "Baker", "email": BEN,
        "city": "Eastport", "country": "Germany", "date_joined": "2023-02-03 04:05:06",
        "tags": "Newsletter", "lists": "Bakers", "gdpr_status": "Accepted",
        "gdpr_communications": "Yes", "gdpr_status_date": "2023-02-03 04:05:06",
        "owner": SOUTH,
    },
    CLEO: {
        "id": "3", "first_name": "Cleo", "last_name": "Carter", "email": CLEO,
        "date_joined": "2023-03-04 05:06:07", "gdpr_status": "Not accepted",
        "gdpr_communications": "No", "gdpr_status_date": "2023-03-04 05:06:07",
        "owner": SOUTH,
    },
}  # fmt: skip
"""A customer with a company, a subscriber, and one who refused mail."""

SALE: Mapping[str, str] = {
    "ID": "900001", "Transaction_Type": "Sale", "Date": "2024-05-06 07:08:09",
    "Product": "Bread Course", "Price_point": "1", "Buyer_Email": ADA,
    "Amount (USD)": "120.50", "Processor": "Stripe",
    "Processor_transaction_id": "ch_0001", "lead_id": "1",
}  # fmt: skip
OTHER_SALE: Mapping[str, str] = {
    **SALE, "ID": "900002", "Date": "2024-06-07 08:09:10", "Product": "Oven Workshop",
    "Amount (USD)": "80.00", "Processor_transaction_id": "ch_0002",
}  # fmt: skip


def csv(columns: Sequence[str], rows: Sequence[Mapping[str, str]], by: str = ",") -> str:
    """Rows as text; a cell with the separator or a quote stands in quotes."""
    lines = [by.join(columns)]
    for row in rows:
        cells = [row.get(name, "") for name in columns]
        lines.append(
            by.join(
                '"' + cell.replace('"', '""') + '"' if by in cell or '"' in cell else cell
                for cell in cells
            )
        )
    return "\n".join(lines) + "\n"


def contacts(*rows: Mapping[str, str]) -> str:
    """A contacts export."""
    return csv(_CONTACT, rows)


def transactions(*rows: Mapping[str, str]) -> str:
    """A transactions report."""
    return csv(_SALE, rows)
