"""Which keys of a flat record point at another record, and how they are read back.

A payload names its account and contact by ``sales_account`` and ``contact``: a Freshsales
id once resolved, a source key before. The destination answers with lists of ids.
Not here: what to do about a broken link (``links``).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from kartra_freshsales.reconcile.values import as_id, columns, ids


@dataclass(frozen=True)
class Reference:
    """One kind of link: its key in a payload, its key when read, its target modules."""

    key: str
    read_keys: tuple[str, ...]
    targets: tuple[str, ...]


REFERENCES: dict[str, Reference] = {
    reference.key: reference
    for reference in (
        Reference(
            "sales_account",
            ("sales_account_ids", "sales_account_id", "sales_account", "sales_accounts"),
            ("sales_accounts",),
        ),
        Reference(
            "contact",
            ("contact_ids", "contact_id", "contact", "contacts", "targetable_id"),
            ("contacts", "leads"),
        ),
    )
}

Ids = Mapping[tuple[str, str], int]


def known_ids(seen: pl.DataFrame) -> dict[tuple[str, str], int]:
    """Freshsales ids by (module, source key), from any frame that holds the three."""
    found: dict[tuple[str, str], int] = {}
    for module, key, raw in columns(seen, ("module", "source_key", "freshsales_id")):
        number = as_id(raw)
        if number is not None:
            found[str(module), str(key)] = number
    return found


def expected_id(reference: Reference, value: object, known: Ids) -> int | None:
    """The id a payload's reference means; ``None`` where its target has none."""
    number = as_id(value)
    if number is not None:
        return number
    for module in reference.targets:
        number = known.get((module, str(value)))
        if number is not None:
            return number
    return None


def read_ids(reference: Reference, record: Mapping[str, object]) -> set[int]:
    """Every id the read-back record holds for this kind of link."""
    return {number for key in reference.read_keys for number in ids(record.get(key))}
