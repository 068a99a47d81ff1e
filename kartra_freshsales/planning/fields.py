"""The custom fields a load needs beside those the account has: what is there, what is not.

Labels decide: people see them, and payloads are built by them (S56, S97). Not here: which
fields are wanted (``mapping.custom_fields``), creating them (``loading.provision``).
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import polars as pl

from kartra_freshsales.freshsales.metadata import Field, Metadata
from kartra_freshsales.freshsales.plan_facts import counted_as
from kartra_freshsales.mapping.custom_fields import WantedField
from kartra_freshsales.planning.checklist import checklist_markdown
from kartra_freshsales.planning.field_words import (
    CLASH,
    MISSING,
    MISSING_CHOICES,
    MODULE_WORDS,
    OK,
    OVER_CAP,
    TYPE_WORDS,
    WRONG_TYPE,
)

__all__ = ["SCHEMA", "checklist_markdown", "field_plan", "wanted_of"]

SCHEMA: dict[str, pl.DataType] = {
    "endpoint": pl.String(),
    "label": pl.String(),
    "name": pl.String(),
    "type": pl.String(),
    "choices": pl.List(pl.String()),
    "status": pl.String(),
    "remedy": pl.String(),
    "missing_choices": pl.List(pl.String()),
    "source_column": pl.String(),
    "max_length": pl.Int64(),
}

_LONGEST_TEXT = 255
_TOTAL = "total"
_ASSUMED = (
    " Nobody publishes this plan's figures, Growth's were assumed: name the right ones "
    "under 'field_caps' in mappings/destination.yaml if your account takes more."
)
_TAKES: Mapping[str, frozenset[str]] = {
    "text": frozenset({"text", "textarea"}),
    "number": frozenset({"number", "decimal"}),
    "dropdown": frozenset({"dropdown", "radio"}),
    "radio": frozenset({"dropdown", "radio"}),
}
"""Live types that hold every value of a wanted type; else the same type only."""


def field_plan(
    wanted: Sequence[WantedField],
    metadata: Metadata,
    plan_caps: Mapping[str, int],
    *,
    assumed: bool = False,
) -> pl.DataFrame:
    """Judge every wanted field against the account as it is.

    Args:
        wanted: the fields a load needs.
        metadata: the account's settings.
        plan_caps: most custom fields of a module, by type word and in ``total``; a type
            that is absent has no published cap.
        assumed: whether these caps are another plan's; the remedy says so then.

    Returns:
        ``endpoint, label, name, type, choices, status, remedy, missing_choices,
        source_column, max_length``. ``name`` is the live field's where there is one.
        Status: ``ok``, ``missing``, ``wrong_type``, ``missing_choices``, ``over_cap``
        (missing, and the plan allows no more), ``clash`` (its internal name is taken).
    """
    counts = _used(metadata)
    rows = []
    for want in wanted:
        live = metadata.fields.get(want.endpoint, [])
        status, name, lacking = _status(want, live)
        used = counts.setdefault(want.endpoint, Counter())
        if status == MISSING:
            used.update({counted_as(want.type): 1, _TOTAL: 1})
            status = OVER_CAP if _over(used, want.type, plan_caps) else MISSING
        rows.append(_row(want, status, name, lacking, plan_caps))
    plan = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    if not assumed:
        return plan
    over = pl.col("status") == OVER_CAP
    told = pl.when(over).then(pl.col("remedy") + _ASSUMED).otherwise("remedy")
    return plan.with_columns(told.alias("remedy"))


def _used(metadata: Metadata) -> dict[str, Counter[str]]:
    """Custom fields that each module has already, by what they count as."""
    return {
        endpoint: Counter(
            word
            for item in fields
            if not item.default
            for word in (counted_as(item.type), *_counted_in_total(item))
        )
        for endpoint, fields in metadata.fields.items()
    }


def _counted_in_total(item: Field) -> tuple[str, ...]:
    return () if item.type == "formula" else (_TOTAL,)


def _over(used: Counter[str], kind: str, caps: Mapping[str, int]) -> bool:
    words = (counted_as(kind), _TOTAL)
    return any(word in caps and used[word] > caps[word] for word in words)


def _status(want: WantedField, live: Sequence[Field]) -> tuple[str, str, list[str]]:
    """Status, internal name and the choices that the live field lacks."""
    custom = [item for item in live if not item.default]
    found = next((item for item in custom if item.label == want.label), None)
    if found is None:
        taken = any(_same_field(item, want) for item in custom)
        return (CLASH if taken else MISSING), want.name, []
    if not _holds(found, want):
        return WRONG_TYPE, found.name, []
    present = {choice.value for choice in found.choices}
    lacking = [choice for choice in want.choices if choice not in present]
    return (MISSING_CHOICES if lacking else OK), found.name, lacking


def _same_field(item: Field, want: WantedField) -> bool:
    return item.name == want.name or item.label.casefold() == want.label.casefold()


def _holds(found: Field, want: WantedField) -> bool:
    if found.type not in _TAKES.get(want.type, frozenset({want.type})):
        return False
    return not (found.type == "text" and want.max_length > _LONGEST_TEXT)


def _row(
    want: WantedField,
    status: str,
    name: str,
    lacking: list[str],
    caps: Mapping[str, int],
) -> tuple[object, ...]:
    return (
        want.endpoint,
        want.label,
        name,
        want.type,
        list(want.choices),
        status,
        _remedy(want, status, lacking, caps),
        lacking,
        want.source_column,
        want.max_length,
    )


def _remedy(
    want: WantedField, status: str, lacking: list[str], caps: Mapping[str, int]
) -> str:
    where = f"{MODULE_WORDS.get(want.endpoint, want.endpoint)}, field '{want.label}'"
    kind = TYPE_WORDS.get(want.type, want.type)
    if status == MISSING:
        return f"{where}: create it as {kind}."
    if status == WRONG_TYPE:
        return (
            f"{where}: it must be {kind}. Delete it if it is unused, then create it anew."
        )
    if status == MISSING_CHOICES:
        return f"{where}: add {len(lacking)} choice(s), spelled exactly as listed."
    if status == CLASH:
        return (
            f"{where}: another custom field has the internal name {want.name} or the label "
            "in other letters. Rename that one, or give this one another internal name."
        )
    if status == OVER_CAP:
        cap = caps.get(_TOTAL) or 0
        return (
            f"{where}: the plan allows no more fields of this type ({cap} in total). Take "
            "the column out of mappings/fields.yaml, free a field, or get a larger plan."
        )
    return ""


def wanted_of(plan: pl.DataFrame) -> list[WantedField]:
    """The wanted fields that a field plan was made from."""
    return [
        WantedField(
            endpoint=row["endpoint"],
            label=row["label"],
            name=row["name"],
            type=row["type"],
            choices=tuple(row["choices"]),
            source_column=row["source_column"],
            max_length=row["max_length"],
        )
        for row in plan.iter_rows(named=True)
    ]
