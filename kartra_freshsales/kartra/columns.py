"""Naming the columns of one file: canonical where known, the person's own words elsewhere.

What does not belong here: recognising the kind (``kinds``), values of any sort.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from kartra_freshsales.kartra.headers import split_currency, visible
from kartra_freshsales.kartra.kinds import ExportKind, match

PROVENANCE = ("_batch", "_file", "_row", "_exported_at")
CURRENCY = "_currency"
_RESERVED = frozenset({*PROVENANCE, CURRENCY})


@dataclass(frozen=True)
class ColumnName:
    """One column of one file.

    ``original`` is the header as written (invisible characters removed), ``name`` the
    column in the frame, ``known`` whether it is one of ours, ``currency`` its code.
    """

    original: str
    name: str
    known: bool
    currency: str | None = None


def canonical_columns(kind: ExportKind, headers: Sequence[str]) -> list[ColumnName]:
    """Name every column, in the order of the file; names are unique regardless of case.

    Where several headers mean the same, the strongest alias takes the canonical name, the
    leftmost among equals; the others keep their own header, as does anything unknown.
    """
    winners = _winners(kind, headers)
    taken = {name.lower() for name in winners.values()} | _RESERVED
    columns = []
    for position, header in enumerate(headers):
        text = visible(header)
        if position in winners:
            currency = None if kind is ExportKind.CONTACTS else split_currency(header)[1]
            columns.append(ColumnName(text, winners[position], True, currency))
        else:
            columns.append(ColumnName(text, _free(text, position, taken), False))
    return columns


def _winners(kind: ExportKind, headers: Sequence[str]) -> dict[int, str]:
    candidates = [
        (weakness, position, name)
        for position, header in enumerate(headers)
        if (found := match(kind, header))
        for name, weakness in (found,)
    ]
    winners: dict[int, str] = {}
    for _, position, name in sorted(candidates):
        if name not in winners.values():
            winners[position] = name
    return winners


def _free(text: str, position: int, taken: set[str]) -> str:
    base = text or f"unnamed_{position + 1}"
    name, number = base, 1
    while name.lower() in taken:
        number += 1
        name = f"{base}_{number}"
    taken.add(name.lower())
    return name


def column_warnings(kind: ExportKind, columns: Sequence[ColumnName]) -> list[str]:
    """What a person should know about renamed, nameless and doubled columns."""
    found = []
    for position, column in enumerate(columns, start=1):
        if column.known:
            continue
        if not column.original:
            found.append(f"Column {position} has no header; it is kept as {column.name!r}.")
        elif column.name != column.original:
            found.append(
                f"Header {column.original!r} (column {position}) appears more than once; "
                f"this one is kept as {column.name!r}."
            )
        elif meaning := match(kind, column.original):
            found.append(
                f"Header {column.original!r} (column {position}) also means "
                f"{meaning[0]!r}, which another column provides; it is kept as it is."
            )
    currencies = sorted({c.currency for c in columns if c.currency})
    if len(currencies) > 1:
        found.append(f"The headers name several currencies: {', '.join(currencies)}.")
    return found


def file_currency(columns: Sequence[ColumnName]) -> str | None:
    """The currency of the amount column, else the first one any header names."""
    amounts = [c for c in columns if c.name in {"amount", "next_payment_amount"}]
    named = [c.currency for c in (*amounts, *columns) if c.currency]
    return named[0] if named else None
