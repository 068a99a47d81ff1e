"""Lead conversion: does every lead field have its place afterwards (S82–S84, S96, S106)?

Classic drops a custom field that has no counterpart when a lead is converted, and its
conversion settings are only in the admin's screens. So there are two gates: the
counterparts exist, which the metadata shows, and a person has set up the screen. The Suite
has no conversion: a lead is a contact, so nothing can be lost. Not here: converting.
"""

from collections.abc import Mapping as Table
from collections.abc import Sequence

import polars as pl

from kartra_freshsales.errors import FieldsMissing, NotConfirmed
from kartra_freshsales.freshsales.metadata import Field
from kartra_freshsales.freshsales.modules import CLASSIC
from kartra_freshsales.mapping.decisions.conversion import Conversion, Place
from kartra_freshsales.mapping.model import Mapping, sha256_of

SCHEMA: dict[str, pl.DataType] = {
    "label": pl.String(),
    "lead_field": pl.String(),
    "module": pl.String(),
    "target_label": pl.String(),
    "target_field": pl.String(),
    "type": pl.String(),
    "problem": pl.String(),
    "remedy": pl.String(),
}
CHECKLIST = "conversion_checklist.md"
_SCREEN = "the lead conversion settings (Admin Settings, Leads)"
_WHY = (
    "A converted lead is gone, and every custom field that is not mapped is lost with it. "
    "Standard fields, the company and the owner go over by themselves; lead stage, "
    "unqualified reason and territory do not."
)
_WORDS = {"contacts": "contact", "sales_accounts": "account", "deals": "deal"}


def _custom(fields: Sequence[Field]) -> dict[str, Field]:
    return {field.label.strip().casefold(): field for field in fields if not field.default}


def _problem(
    lead: Field, place: Place, target: Field | None
) -> tuple[str | None, str | None]:
    there, label = _WORDS[place.module], place.label
    if target is None:
        words = f"Create a custom {there} field {label!r} of type {lead.type}, then map"
        return "no_counterpart", f"{words} the lead field {lead.label!r} to it."
    if target.type != lead.type:
        words = f"Make the lead field {lead.label!r} and the {there} field {label!r} of one"
        return "other_type", f"{words} type: they are {lead.type} and {target.type}."
    missing = {c.value for c in lead.choices} - {c.value for c in target.choices}
    if missing:
        words = f"Add {len(missing)} choice(s) of the lead field {lead.label!r}"
        return "choices_missing", f"{words} to the {there} field {label!r}."
    return None, None


def conversion_map(
    fields: Table[str, Sequence[Field]], edition: str, decided: Conversion | None = None
) -> pl.DataFrame:
    """Each custom lead field with its counterpart: the checklist for the admin (S82).

    Args:
        fields: fields by endpoint, from the account's metadata.
        edition: ``suite`` gives an empty table: there is no conversion.
        decided: lead fields that go elsewhere than to the contact field of their label.

    Returns:
        ``label, lead_field, module, target_label, target_field, type, problem, remedy``,
        sorted by label. ``module`` is where the field goes; ``problem`` is null where
        nothing would be lost, if the screen maps the two.
    """
    if edition != CLASSIC:
        return pl.DataFrame(schema=SCHEMA)
    decided = decided or Conversion()
    rows = []
    for _, lead in sorted(_custom(fields.get("leads", ())).items()):
        place = decided.place_of(lead.label)
        target = _custom(fields.get(place.module, ())).get(place.label.strip().casefold())
        name = target.name if target else None
        found = (lead.label, lead.name, place.module, place.label, name, lead.type)
        rows.append((*found, *_problem(lead, place, target)))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def conversion_gaps(
    fields: Table[str, Sequence[Field]], edition: str, decided: Conversion | None = None
) -> pl.DataFrame:
    """Rows of ``conversion_map`` that would lose values: while one is left, block (S83)."""
    found = conversion_map(fields, edition, decided)
    return found.filter(pl.col("problem").is_not_null())


def fields_digest(table: pl.DataFrame) -> str:
    """SHA-256 of who goes where: what a person confirms when they confirm the screen."""
    return sha256_of(table.select("lead_field", "module", "target_field", "type").rows())


def require_counterparts(table: pl.DataFrame) -> None:
    """Raise ``FieldsMissing`` while a lead field has no place to go to (S83)."""
    gaps = table.filter(pl.col("problem").is_not_null())
    if gaps.height:
        first = gaps.row(0, named=True)
        more = f" and {gaps.height - 1} more" if gaps.height > 1 else ""
        raise FieldsMissing(
            f"The lead field {first['label']!r}{more} would lose its values when a lead is "
            f"converted ({first['problem']}).",
            remedy=f"{first['remedy']} All of them stand in reports/{CHECKLIST}.",
        )


def require_conversion(fields: Table[str, Sequence[Field]], mapping: Mapping) -> None:
    """Let nothing pass that a later conversion would lose; on the Suite nothing can be.

    Args:
        fields: fields by endpoint, as the account has them.
        mapping: the decisions; ``conversion.yaml`` among them.

    Raises:
        FieldsMissing: a lead field has no counterpart; names it (S83).
        NotConfirmed: nobody has confirmed the screen, or the fields changed since (S106).
    """
    decided = mapping.conversion
    table = conversion_map(fields, mapping.destination.edition, decided)
    require_counterparts(table)
    if table.is_empty():
        return
    digest = fields_digest(table)
    if not decided.confirmed_by.strip() or decided.confirmed_on is None:
        what = "Nobody has confirmed yet that the lead conversion is set up in Freshsales."
    elif decided.fields != digest:
        what = "The lead fields have changed since the lead conversion was confirmed."
    else:
        return
    raise NotConfirmed(
        what,
        remedy=f"Have an admin map the {table.height} fields of reports/{CHECKLIST} in "
        f"{_SCREEN}, then run: kartra-freshsales conversion --confirm NAME "
        f"(it writes the digest {digest[:12]}… into mappings/conversion.yaml).",
    )


def checklist_markdown(table: pl.DataFrame, decided: Conversion) -> str:
    """What an admin has to set up on the conversion screen, field by field (S82)."""
    lines = ["# Lead conversion in Freshsales", ""]
    if table.is_empty():
        return "\n".join([*lines, "Nothing to do: no custom field of a lead exists.", ""])
    digest = fields_digest(table)
    gaps = table.filter(pl.col("problem").is_not_null())
    lines += [
        f"Open {_SCREEN} and map each pair below. {_WHY}",
        "",
        f"{table.height} fields, {gaps.height} without a place. Fields digest: `{digest}`",
        "",
    ]
    for row in table.iter_rows(named=True):
        there = _WORDS[row["module"]]
        lines.append(
            f"- [ ] **{_plain(row['label'])}** (`{row['lead_field']}`, {row['type']}) → "
            f"{there} field **{_plain(row['target_label'])}** "
            f"(`{row['target_field'] or 'missing'}`)"
        )
        if row["problem"]:
            lines.append(f"  - First: {_plain(row['remedy'])}")
    said = "not confirmed yet"
    if decided.confirmed_by and decided.fields == digest:
        said = f"confirmed by {_plain(decided.confirmed_by)} on {decided.confirmed_on}"
    return "\n".join([*lines, "", f"The screen is {said}.", ""])


def _plain(text: str) -> str:
    """A label must read as it is: no Markdown may come of it."""
    for sign in "\\`*_<>[]|":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.splitlines())
