"""A small load and its read-back, as frames. Each test breaks one thing in it."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import polars as pl

from kartra_freshsales.reconcile.certificate import Thresholds

OWNER = 11
ACCOUNT, CONTACT, DEAL, OTHER_DEAL = 101, 201, 301, 302

SENT_SCHEMA: dict[str, pl.DataType] = {
    "module": pl.String(),
    "source_key": pl.String(),
    "written": pl.String(),
    "sources": pl.List(pl.String()),
}
SEEN_SCHEMA: dict[str, pl.DataType] = {
    "module": pl.String(),
    "source_key": pl.String(),
    "freshsales_id": pl.Int64(),
    "seen": pl.String(),
}

Record = dict[str, object]
Changes = Mapping[tuple[str, str], Record | None]

WRITTEN: dict[tuple[str, str], Record] = {
    ("sales_accounts", "north bakery"): {"name": "North Bakery", "owner_id": OWNER},
    ("contacts", "buyer@example.com"): {
        "email": "buyer@example.com",
        "first_name": "Buyer",
        "owner_id": OWNER,
        "sales_account": "north bakery",
        "tags": ["alpha", "beta"],
    },
    ("deals", "txn:1"): {
        "name": "Course – Kartra 1",
        "amount": "12.50",
        "closed_date": "2026-01-31",
        "deal_stage_id": 9,
        "owner_id": OWNER,
        "contact": "buyer@example.com",
        "sales_account": "north bakery",
        "cf_kartra_currency": "USD",
    },
    ("deals", "txn:2"): {
        "name": "Course – Kartra 2",
        "amount": "7.25",
        "closed_date": "2026-02-01",
        "deal_stage_id": 9,
        "owner_id": OWNER,
        "contact": CONTACT,
        "cf_kartra_currency": "EUR",
    },
}

READ: dict[tuple[str, str], tuple[int, Record]] = {
    ("sales_accounts", "north bakery"): (
        ACCOUNT,
        {"name": "North Bakery", "owner_id": OWNER, "website": None},
    ),
    ("contacts", "buyer@example.com"): (
        CONTACT,
        {
            "email": "buyer@example.com",
            "first_name": "Buyer",
            "owner_id": OWNER,
            "sales_account_ids": [ACCOUNT],
            "tags": ["alpha", "beta"],
        },
    ),
    ("deals", "txn:1"): (
        DEAL,
        {
            "name": "Course – Kartra 1",
            "amount": "12.50",
            "closed_date": "2026-01-31",
            "deal_stage_id": 9,
            "owner_id": OWNER,
            "contact_ids": [CONTACT],
            "sales_account_ids": [ACCOUNT],
            "cf_kartra_currency": "USD",
        },
    ),
    ("deals", "txn:2"): (
        OTHER_DEAL,
        {
            "name": "Course – Kartra 2",
            "amount": "7.25",
            "closed_date": "2026-02-01",
            "deal_stage_id": 9,
            "owner_id": OWNER,
            "contact_ids": [CONTACT],
            "sales_account_ids": [],
            "cf_kartra_currency": "EUR",
        },
    ),
}


def sent(records: Mapping[tuple[str, str], Record] = WRITTEN) -> pl.DataFrame:
    """The records as written."""
    rows = [
        (module, key, json.dumps(record, ensure_ascii=False), [f"jan/export.csv:{number}"])
        for number, ((module, key), record) in enumerate(records.items(), start=2)
    ]
    return pl.DataFrame(rows, schema=SENT_SCHEMA, orient="row")


def seen(
    changes: Changes | None = None,
) -> pl.DataFrame:
    """The records as read back; ``changes`` are laid over them, ``None`` loses one."""
    rows = []
    for address, (number, record) in READ.items():
        change = (changes or {}).get(address, {})
        if change is None:
            continue
        rows.append((*address, number, json.dumps(record | change, ensure_ascii=False)))
    return pl.DataFrame(rows, schema=SEEN_SCHEMA, orient="row")


def deals() -> pl.DataFrame:
    """The golden deals behind the written ones."""
    return pl.DataFrame(
        {
            "deal_key": ["txn:1", "txn:2"],
            "currency": ["USD", "EUR"],
            "amount": [Decimal("12.50"), Decimal("7.25")],
            "closed_date": [date(2026, 1, 31), date(2026, 2, 1)],
        },
        schema_overrides={"amount": pl.Decimal(18, 2)},
    )


def states(rows: Sequence[tuple[str, int, str, str | None]]) -> pl.DataFrame:
    """Row states of one batch: (kind, row, state, record key)."""
    return pl.DataFrame(
        [
            (kind, "jan", f"{kind}.csv", row, state, None, key)
            for kind, row, state, key in rows
        ],
        schema={
            "_kind": pl.String(),
            "_batch": pl.String(),
            "_file": pl.String(),
            "_row": pl.Int64(),
            "state": pl.String(),
            "reason": pl.String(),
            "record_key": pl.String(),
        },
        orient="row",
    )


def row_states() -> pl.DataFrame:
    """Every row of the small load."""
    return states(
        [
            ("contacts", 2, "loaded", "buyer@example.com"),
            ("contacts", 3, "merged", "buyer@example.com"),
            ("contacts", 4, "quarantined", None),
            ("transactions", 2, "loaded", "txn:1"),
            ("transactions", 3, "loaded", "txn:2"),
            ("transactions", 4, "excluded", None),
        ]
    )


def results(outcomes: Mapping[tuple[str, str], str] | None = None) -> pl.DataFrame:
    """The load's results: everything created, but for what ``outcomes`` says."""
    rows = [
        (module, key, (outcomes or {}).get((module, key), "created"), None)
        for module, key in WRITTEN
    ]
    return pl.DataFrame(
        rows,
        schema={
            "module": pl.String(),
            "source_key": pl.String(),
            "outcome": pl.String(),
            "reason": pl.String(),
        },
        orient="row",
    )


def thresholds() -> Thresholds:
    """Everything is required."""
    return Thresholds()
