"""What a record shows to somebody who rehearses: fields, edges, choices, links.

Not here: choosing records (``sample``).
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping

import polars as pl

from kartra_freshsales.planning.tokens import filled_keys, token

MOST_CHOICES = 60
"""A field with more distinct values than this is no choice: its edges stand for it."""

_OWN_BY_NATURE = frozenset(
    {
        "email",
        "name",
        "sales_account",
        "contact",
        "description",
        "members",
        "external_id",
        "title",
        "text",
        "start",
        "end",
        "path",
        "sha256",
        "size",
        "deal",
    }
)
"""Keys whose values differ from record to record and are no choices."""

_CANDIDATES = 3

Feature = tuple[str, str, str]
"""(module, field, what of it): ``present``, ``shortest``, ``choice=…``, ``linked``…"""


def all_features(records: pl.DataFrame) -> dict[Feature, list[int]]:
    """Everything there is to be met, each with a few records that show it.

    Args:
        records: ``_at, module, payload, _account, _contact``.
    """
    found: dict[Feature, list[int]] = {}
    for (module,), rows in records.group_by("module", maintain_order=True):
        for field in _fields(rows):
            values = rows.select("_at", token(field).alias("value")).drop_nulls()
            found |= _of_field(str(module), field, values)
        for what, linked in _links(str(module)):
            at = rows.filter(linked)["_at"].head(_CANDIDATES).to_list()
            if at:
                found[what] = at
    return found


def _fields(rows: pl.DataFrame) -> list[str]:
    keys = rows.select(filled_keys().alias("key")).to_series()
    return keys.explode(empty_as_null=True).drop_nulls().unique().sort().to_list()


def _of_field(module: str, field: str, values: pl.DataFrame) -> dict[Feature, list[int]]:
    """A field is met, at its shortest and its longest, and with every choice it has."""
    if values.is_empty():
        return {}
    length = values["value"].str.len_chars()
    found: dict[Feature, list[int]] = {
        (module, field, "present"): values["_at"].head(_CANDIDATES).to_list(),
        (module, field, "shortest"): [values["_at"][length.arg_min() or 0]],
        (module, field, "longest"): [values["_at"][length.arg_max() or 0]],
    }
    choices: dict[str, list[int]] = defaultdict(list)
    if field not in _OWN_BY_NATURE:
        first = values.group_by("value", maintain_order=True).agg(
            pl.col("_at").head(_CANDIDATES)
        )
        is_list = bool(first["value"].str.starts_with("[").any())
        if first.height <= MOST_CHOICES or is_list:
            for value, at in first.iter_rows():
                for choice in _choices(value):
                    choices[choice] += at
    if len(choices) <= MOST_CHOICES:
        found |= {
            (module, field, f"choice={choice}"): at[:_CANDIDATES]
            for choice, at in choices.items()
        }
    return found


def _choices(value: str) -> list[str]:
    """The single texts of a list; any other value is one choice."""
    if not value.startswith("["):
        return [value]
    return [str(part) for part in json.loads(value)]


def _links(module: str) -> Iterator[tuple[Feature, pl.Expr]]:
    """Records with and without a parent behave differently."""
    for link in ("account", "contact"):
        there = pl.col(f"_{link}").is_not_null()
        yield (module, link, "linked"), there
        if (module, link) in {("contacts", "account"), ("leads", "account")}:
            yield (module, link, "unlinked"), ~there


def shown_by(
    records: pl.DataFrame, wanted: Mapping[Feature, list[int]]
) -> dict[int, frozenset[Feature]]:
    """Each of these records with every wanted feature that it shows."""
    shown: dict[int, set[Feature]] = {at: set() for at in records["_at"]}
    for feature, candidates in wanted.items():
        for at in candidates:
            if at in shown:
                shown[at].add(feature)
    for (name,), rows in records.group_by("module", maintain_order=True):
        module = str(name)
        for field in _fields(rows):
            for at, value in rows.select("_at", token(field).alias("v")).iter_rows():
                if value is not None:
                    shows = [f"choice={choice}" for choice in _choices(value)]
                    shown[at].update((module, field, what) for what in ["present", *shows])
    return {at: frozenset(features & wanted.keys()) for at, features in shown.items()}
