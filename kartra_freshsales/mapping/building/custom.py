"""Custom-field values of one export kind as payload expressions. Not here: their types."""

from collections.abc import Mapping as Table

import polars as pl

from kartra_freshsales.mapping.building.brief import Brief
from kartra_freshsales.mapping.building.field_types import LONGEST_TEXT_AREA
from kartra_freshsales.mapping.building.rows import Problems, longer_than
from kartra_freshsales.mapping.building.values import value_of
from kartra_freshsales.mapping.custom_fields import ResolvedField


def live_name(field: ResolvedField, names: Table[str, str]) -> str:
    """The internal name the account gives a label, else the one we expect."""
    label = field.wanted.label
    if label in names:
        return names[label]
    folded = {known.strip().casefold(): name for known, name in names.items()}
    return folded.get(label.strip().casefold(), field.wanted.name)


def custom_values(
    kind: str,
    frame: pl.DataFrame,
    brief: Brief,
    endpoint: str,
    problems: Problems,
) -> list[pl.Expr]:
    """One aliased expression per custom field the kind feeds.

    Args:
        kind: export kind.
        frame: its prepared golden frame.
        brief: decisions, ids and resolved fields.
        endpoint: where the records go.
        problems: gets values that are too long even for a text area.
    """
    found: list[pl.Expr] = []
    areas: list[pl.Expr] = []
    names = brief.names(endpoint)
    for field in brief.fields:
        for column in field.columns:
            if column.kind != kind:
                continue
            dtype = frame.schema[column.column]
            value = value_of(column.column, dtype, brief.zone, field.shape)
            if field.shape.type == "textarea":
                areas.append(value)
            found.append(value.alias(live_name(field, names)))
    problems.add("too_long", longer_than(LONGEST_TEXT_AREA, *areas))
    return found
