"""The field plan as a list that an admin works through in Freshsales' own screens (S56).

Not here: judging fields (``fields``).
"""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

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

_HEADINGS: Mapping[str, str] = {
    OVER_CAP: "No room in the plan",
    CLASH: "Name or label taken",
    WRONG_TYPE: "Wrong type",
    MISSING_CHOICES: "Choices to add",
    MISSING: "To create",
}
_INTRODUCTION = (
    "Open Admin Settings, then the module named below, then Fields. Labels and choices "
    "must be spelled exactly as they stand here, letter case included. Leave 'required' "
    "and 'unique' off. When everything is done, run the same step again: it reads the "
    "fields and says what is still different."
)


def checklist_markdown(plan: pl.DataFrame) -> str:
    """Everything to do about custom fields, in plain words, hardest first."""
    todo = plan.filter(pl.col("status") != OK)
    lines = ["# Custom fields in Freshsales", ""]
    there = plan.height - todo.height
    if todo.is_empty():
        return "\n".join([*lines, f"All {there} fields are there as planned.", ""])
    lines += [f"{todo.height} to do, {there} there as planned.", "", _INTRODUCTION, ""]
    for status, heading in _HEADINGS.items():
        part = todo.filter(pl.col("status") == status)
        for (endpoint,), rows in part.group_by("endpoint", maintain_order=True):
            lines += [f"## {heading}: {MODULE_WORDS.get(str(endpoint), endpoint)}", ""]
            for row in rows.sort("label").iter_rows(named=True):
                lines += _entry(row)
            lines.append("")
    return "\n".join(lines)


def _entry(row: Mapping[str, Any]) -> Iterator[str]:
    status = row["status"]
    yield f"- [ ] **{_plain(row['label'])}**"
    if status != MISSING:
        yield f"  - {_plain(row['remedy'])}"
    if status in {MISSING, WRONG_TYPE, OVER_CAP, CLASH}:
        yield f"  - Type: {TYPE_WORDS.get(row['type'], row['type'])}"
        bare = row["name"].removeprefix("cf_")
        yield f"  - Internal name: `{bare}` (shown as `{row['name']}`)"
        yield from _choices("Choices", row["choices"])
    else:
        yield from _choices("Choices to add", row["missing_choices"])
    yield f"  - Holds Kartra's column {_plain(row['source_column'])!r}"


def _choices(heading: str, choices: list[str]) -> Iterator[str]:
    if choices:
        yield f"  - {heading} ({len(choices)}):"
        yield from (f"    - {_plain(choice)}" for choice in choices)


def _plain(text: str) -> str:
    """A label must read as it is: no Markdown may come of it."""
    for sign in "\\`*_<>[]|":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.splitlines())
