"""Small frames as the stages leave them, for rules and checks. Each test breaks one thing.

The people in them are invented; what a check says must never show them (``SECRETS``).
"""

from collections.abc import Sequence
from typing import Any

import polars as pl

from kartra_freshsales.orchestration.checks.verdicts import Frames

EMAIL, COMPANY = "somebody@example.com", "North Bakery"
SECRETS = (EMAIL, COMPANY, "buyer@example.org")
FILE = "contacts.csv"


def rows(
    lines: Sequence[int], *, file: str = FILE, **columns: Sequence[Any]
) -> pl.DataFrame:
    """Rows of batch ``b`` with provenance and further columns."""
    n = len(lines)
    place: dict[str, Sequence[Any]] = {
        "_batch": ["b"] * n,
        "_file": [file] * n,
        "_row": list(lines),
    }
    return pl.DataFrame(
        place | {name: list(values) for name, values in columns.items()},
        # A column of nothing but nulls would be of no type at all.
        schema_overrides={
            name: pl.Int64 if name == "_row" else pl.String
            for name, values in (place | columns).items()
            if not any(values) or name in place
        },
    )


def raw(lines: Sequence[int]) -> pl.DataFrame:
    """Raw contacts, as the front door reads them."""
    moment = pl.Series([None] * len(lines), dtype=pl.Datetime("us", "UTC"))
    frame = rows(lines, email=[EMAIL] * len(lines))
    return frame.with_columns(moment.alias("_exported_at"))


def golden() -> dict[str, pl.DataFrame]:
    """One record of each kind and the records they are meant to become."""
    return {
        "contacts": rows([2], contact_key=[EMAIL], account_key=["north bakery"]),
        "accounts": rows([2], account_key=["north bakery"]),
        "transactions": rows([2], file="t.csv", deal_key=["txn:1"], contact_key=[EMAIL]),
        "subscriptions": rows([2], file="s.csv", deal_key=["sub:1"], contact_key=[EMAIL]),
        "intended_records": intended(
            ("sales_accounts", "north bakery"),
            ("contacts", EMAIL),
            ("deals", "txn:1"),
            ("subscriptions", "sub:1"),
            ("notes", f"note:{EMAIL}"),
            ("lists", "Bakers"),
        ),
    }


def intended(*keys: tuple[str, str], sources: Sequence[str] = ()) -> pl.DataFrame:
    """Intended records with an account link in each contact's payload."""
    n = len(keys)
    return pl.DataFrame(
        {
            "module": [module for module, _ in keys],
            "source_key": [key for _, key in keys],
            "payload": ['{"sales_account": "north bakery"}'] * n,
            "sources": [list(sources)] * n,
            "problem": pl.Series([None] * n, dtype=pl.String),
        },
        schema_overrides={"sources": pl.List(pl.String)},
    )


def plan(*records: tuple[str, str, str | None]) -> pl.DataFrame:
    """A plan of contacts: key, operation and reason of each."""
    n = len(records)
    return pl.DataFrame(
        {
            "module": ["contacts"] * n,
            "source_key": [key for key, _, _ in records],
            "role": ["own"] * n,
            "operation": [operation for _, operation, _ in records],
            "reason": [reason for _, _, reason in records],
            "sources": [[f"b/{FILE}:{line}"] for line in range(2, n + 2)],
        },
        schema_overrides={
            **dict.fromkeys(
                ("module", "source_key", "role", "operation", "reason"), pl.String
            ),
            "sources": pl.List(pl.String),
        },
    )


def loaded(*records: tuple[str, str, str | None]) -> pl.DataFrame:
    """Results of contacts: key, outcome and reason of each."""
    return plan(*records).rename({"operation": "outcome"})


def without(frames: Frames, name: str) -> dict[str, pl.DataFrame]:
    """The frames, one of them emptied."""
    return {**frames, name: frames[name].clear()}
