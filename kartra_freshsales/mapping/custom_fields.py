"""The custom fields a migration needs: labels, names, types and complete choices (S51–S56).

Only fields with at least one value are wanted: plans allow few. Not here: comparing them
with the account (``planning``), creating them (``loading``).
"""

import re
from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from kartra_freshsales.mapping.building.field_columns import FieldColumn, field_columns
from kartra_freshsales.mapping.building.field_types import Shape, shape_of
from kartra_freshsales.mapping.building.prepare import prepared
from kartra_freshsales.mapping.building.values import text_of
from kartra_freshsales.mapping.model import Mapping

_TEXTS = frozenset({"text", "textarea", "input_field", "text_area"})


@dataclass(frozen=True)
class WantedField:
    """A custom field that must exist before anything is loaded.

    ``label`` is exactly what people see in Kartra, ``name`` the internal name we expect
    (the account's own metadata decides), ``max_length`` the longest value in characters.
    """

    endpoint: str
    label: str
    name: str
    type: str
    choices: tuple[str, ...]
    source_column: str
    max_length: int


@dataclass(frozen=True)
class ResolvedField:
    """A wanted field with the columns that feed it and the shape of their values."""

    wanted: WantedField
    shape: Shape
    columns: tuple[FieldColumn, ...]


def internal_name(label: str) -> str:
    """``cf_`` and the label in lower case, everything else than a–z and 0–9 to ``_``."""
    words = re.sub(r"[^a-z0-9]+", "_", label.strip().lower()).strip("_")
    return f"cf_{words or 'field'}"


def wanted_fields(
    contacts: pl.DataFrame,
    transactions: pl.DataFrame,
    subscriptions: pl.DataFrame,
    mapping: Mapping,
) -> list[WantedField]:
    """Every custom field the load needs, sorted by endpoint and label.

    On Classic the contact fields are wanted on leads as well: a conversion drops what has
    no field of the same kind on the other side (S82).
    """
    frames = {
        kind: prepared(kind, frame, mapping)
        for kind, frame in _by_kind(contacts, transactions, subscriptions)
    }
    wanted = [field.wanted for field in resolved_fields(frames, mapping)]
    if mapping.destination.edition == "classic":
        on_contacts = [field for field in wanted if field.endpoint == "contacts"]
        wanted += [replace(field, endpoint="leads") for field in on_contacts]
    return wanted


def _by_kind(
    contacts: pl.DataFrame, transactions: pl.DataFrame, subscriptions: pl.DataFrame
) -> list[tuple[str, pl.DataFrame]]:
    return [
        ("contacts", contacts),
        ("transactions", transactions),
        ("subscriptions", subscriptions),
    ]


def resolved_fields(
    frames: Table[str, pl.DataFrame], mapping: Mapping
) -> list[ResolvedField]:
    """Wanted fields with what feeds them, from prepared golden frames by export kind."""
    groups: dict[tuple[str, str], list[FieldColumn]] = {}
    for kind, frame in frames.items():
        for column in field_columns(kind, frame, mapping):
            key = (column.endpoint, column.label.casefold())
            groups.setdefault(key, []).append(column)
    resolved = [
        field
        for columns in groups.values()
        if (field := _resolve(columns, frames, mapping.source.zone)) is not None
    ]
    return _named(resolved)


def _resolve(
    columns: list[FieldColumn], frames: Table[str, pl.DataFrame], zone: str
) -> ResolvedField | None:
    asked = next((c.asked for c in columns if c.asked != "text"), "text")
    values: list[str] = []
    for column in columns:
        values += _values(frames[column.kind], column, zone, only_longest=asked in _TEXTS)
    if not values:
        return None
    choices = tuple(dict.fromkeys(choice for c in columns for choice in c.choices))
    separator = next((c.separator for c in columns if c.separator), "")
    shape = shape_of(asked, values, choices, separator)
    first = columns[0]
    wanted = WantedField(
        first.endpoint,
        first.label,
        internal_name(first.label),
        shape.type,
        shape.choices,
        ", ".join(dict.fromkeys(column.source_column for column in columns)),
        shape.max_length,
    )
    return ResolvedField(wanted, shape, tuple(columns))


def _values(
    frame: pl.DataFrame, column: FieldColumn, zone: str, *, only_longest: bool
) -> list[str]:
    """Distinct texts of a column; of plain texts the longest is all that matters."""
    dtype = frame.schema[column.column]
    if isinstance(dtype, pl.List) and column.asked == "multi_select_dropdown":
        parts = frame.get_column(column.column).explode(empty_as_null=False)
        return [str(part) for part in parts.drop_nulls().unique()]
    texts = frame.select(text_of(column.column, dtype, zone)).to_series().drop_nulls()
    if only_longest and texts.len():
        return [str(texts[texts.str.len_chars().arg_max() or 0])]
    return [str(text) for text in texts.unique()]


def _named(fields: Sequence[ResolvedField]) -> list[ResolvedField]:
    """Sorted by endpoint and label; a name that is taken gets a number behind it.

    Our own fields are named first, so that no header of the account can rename them.
    """
    taken: set[tuple[str, str]] = set()
    named = []
    order = sorted(fields, key=lambda f: (not f.columns[0].own, f.wanted.label))
    for field in order:
        wanted = field.wanted
        name, number = wanted.name, 1
        while (wanted.endpoint, name) in taken:
            number += 1
            name = f"{wanted.name}_{number}"
        taken.add((wanted.endpoint, name))
        named.append(replace(field, wanted=replace(wanted, name=name)))
    return sorted(named, key=lambda f: (f.wanted.endpoint, f.wanted.label))
