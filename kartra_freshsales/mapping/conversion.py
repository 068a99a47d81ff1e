"""Lead conversion: does every lead field have its place on the contact (S82–S84, S96)?

Classic drops a custom field that has no counterpart when a lead is converted, and its
conversion settings are only in the admin's screens. The Suite has no conversion: a lead is
a contact, so nothing can be lost. Not here: converting anything.
"""

from collections.abc import Mapping as Table
from collections.abc import Sequence

import polars as pl

from kartra_freshsales.freshsales.metadata import Field

_SCHEMA: dict[str, pl.DataType] = {
    "label": pl.String(),
    "lead_field": pl.String(),
    "contact_field": pl.String(),
    "type": pl.String(),
    "problem": pl.String(),
    "remedy": pl.String(),
}


def _custom(fields: Sequence[Field]) -> dict[str, Field]:
    return {field.label.strip().casefold(): field for field in fields if not field.default}


def _problem(lead: Field, contact: Field | None) -> tuple[str | None, str | None]:
    if contact is None:
        words = (
            f"Create a contact field {lead.label!r} of type {lead.type}, then map the two"
        )
        return "no_counterpart", f"{words} in the lead conversion settings."
    if contact.type != lead.type:
        words = f"Make both fields {lead.label!r} of one type: the lead's is {lead.type}"
        return "other_type", f"{words}, the contact's {contact.type}."
    missing = {c.value for c in lead.choices} - {c.value for c in contact.choices}
    if missing:
        words = f"Add {len(missing)} choice(s) of the lead field {lead.label!r}"
        return "choices_missing", f"{words} to the contact field."
    return None, None


def conversion_map(fields: Table[str, Sequence[Field]], edition: str) -> pl.DataFrame:
    """Each custom lead field with its counterpart: the checklist for the admin (S82).

    Args:
        fields: fields by endpoint, from the account's metadata.
        edition: ``suite`` gives an empty table: there is no conversion.

    Returns:
        ``label, lead_field, contact_field, type, problem, remedy``, sorted by label.
    """
    if edition != "classic":
        return pl.DataFrame(schema=_SCHEMA)
    contacts = _custom(fields.get("contacts", ()))
    rows = []
    for label, lead in sorted(_custom(fields.get("leads", ())).items()):
        contact = contacts.get(label)
        name = contact.name if contact else None
        rows.append((lead.label, lead.name, name, lead.type, *_problem(lead, contact)))
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def conversion_gaps(fields: Table[str, Sequence[Field]], edition: str) -> pl.DataFrame:
    """Rows of ``conversion_map`` that would lose values: while one is left, block (S83)."""
    return conversion_map(fields, edition).filter(pl.col("problem").is_not_null())
