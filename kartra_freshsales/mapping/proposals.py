"""Offline proposals for the map: a target for every column and name, with reasons (G7).

Names, aliases, shapes of names and what is known of the values; nothing leaves the machine.
Not here: what was decided (``coverage``).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import polars as pl

from kartra_freshsales.kartra.headers import normalised
from kartra_freshsales.kartra.kinds import ALIASES, ExportKind, match
from kartra_freshsales.mapping.building.field_types import LONGEST_TEXT, MOST_CHOICES
from kartra_freshsales.mapping.coverage import decision
from kartra_freshsales.mapping.decisions.fields import KINDS
from kartra_freshsales.mapping.model import Mapping

MOST = 3
_CLOSE = 0.72
SCHEMA: dict[str, pl.DataType] = {
    "kind": pl.String(),
    "column": pl.String(),
    "rank": pl.Int64(),
    "target": pl.String(),
    "confidence": pl.Float64(),
    "reasons": pl.String(),
}
VALUE_SCHEMA: dict[str, pl.DataType] = {
    "what": pl.String(),
    "value": pl.String(),
    "target": pl.String(),
    "confidence": pl.Float64(),
    "reasons": pl.String(),
}
_SAME_MEANING: dict[str, tuple[str, ...]] = {
    "won": ("closed won", "gewonnen", "sold", "paid"),
    "lost": ("closed lost", "verloren", "refunded"),
    "new": ("open", "neu", "incoming"),
    "customer": ("client", "kunde"),
    "lead": ("prospect", "subscriber"),
    "sales qualified lead": ("sql", "opportunity", "qualified lead"),
}


@dataclass(frozen=True)
class Proposal:
    """A target with the confidence (0 to 1) in it and why."""

    target: str
    confidence: float
    reasons: tuple[str, ...]


def likeness(left: str, right: str) -> float:
    """How alike two names are, 0 to 1, whatever their case, order of words and signs."""
    a, b = normalised(left), normalised(right)
    if a == b:
        return 1.0
    straight = SequenceMatcher(None, a, b).ratio()
    words = SequenceMatcher(
        None, " ".join(sorted(a.split("_"))), " ".join(sorted(b.split("_")))
    ).ratio()
    return max(straight, words * 0.98)


def proposals(export_columns: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    """Up to three targets for each column, the best first.

    Args:
        export_columns: ``kind, column``; ``filled, distinct, max_length, header`` are used
            where they are there.
        mapping: the decisions; what they say is the first proposal.

    Returns:
        ``kind, column, rank, target, confidence, reasons``. Every column has a rank 1; a
        column of ours is proposed to one column of the export at most.
    """
    rows: list[tuple[object, ...]] = []
    for kind in dict.fromkeys(export_columns.get_column("kind").to_list()):
        part = export_columns.filter(pl.col("kind") == kind)
        taken = set(part.get_column("column").to_list())
        for facts in part.iter_rows(named=True):
            ranked = sorted(
                _candidates(str(kind), facts, mapping, taken),
                key=lambda proposal: (-proposal.confidence, proposal.target),
            )
            rows += [
                (kind, facts["column"], at, p.target, round(p.confidence, 3),
                 "; ".join(p.reasons))
                for at, p in enumerate(ranked[:MOST], start=1)
            ]  # fmt: skip
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _candidates(
    kind: str, facts: dict[str, object], mapping: Mapping, taken: set[str]
) -> Iterator[Proposal]:
    column = str(facts["column"])
    known = kind in KINDS and column in mapping.fields.of(kind)
    decided = decision(kind, column, mapping)
    if decided is None:
        yield Proposal("undecided", 0.0, ("'unknown' in fields.yaml asks a person",))
    else:
        what, target, reason = decided
        confidence, why = _certainty(kind, facts, known=known)
        yield Proposal(target or what, confidence, (*why, reason))
    if not known and kind in KINDS:
        yield from _look_alikes(kind, column, mapping, taken)


def _certainty(
    kind: str, facts: dict[str, object], *, known: bool
) -> tuple[float, tuple[str, ...]]:
    header = facts.get("header")
    if known and isinstance(header, str):
        found = match(ExportKind(kind), header)
        if found is not None and found[1]:
            return 0.95, (f"alias: {header!r} is another name of this column",)
    if known:
        return 1.0, ("name: Kartra's own column",)
    if kind not in KINDS:
        return 1.0, ("kind: not one of the exports that are migrated",)
    return 0.8, ("name: not one of Kartra's own columns", *_value_reasons(facts))


def _value_reasons(facts: dict[str, object]) -> Iterator[str]:
    filled, distinct = facts.get("filled"), facts.get("distinct")
    longest = facts.get("max_length")
    if filled == 0:
        yield "values: none, so no field is needed"
    elif isinstance(distinct, int) and isinstance(filled, int):
        few = distinct <= min(MOST_CHOICES, max(2, filled // 10))
        yield f"values: {distinct} different ones" + (", maybe a choice" if few else "")
    if isinstance(longest, int) and longest > LONGEST_TEXT:
        yield f"type: up to {longest} characters, a text area"


def _look_alikes(
    kind: str, column: str, mapping: Mapping, taken: set[str]
) -> Iterator[Proposal]:
    """Kartra's own columns this one may be, if no other column is it already."""
    for canonical, aliases in ALIASES[ExportKind(kind)].items():
        if canonical in taken:
            continue
        best = max(aliases, key=lambda alias: likeness(column, alias))
        score = likeness(column, best)
        decided = decision(kind, canonical, mapping)
        if score < _CLOSE or decided is None:
            continue
        yield Proposal(
            decided[1] or decided[0],
            0.75 * score,
            (f"name: looks like {best!r} ({score:.0%})", f"then it would be {canonical!r}"),
        )


def propose_names(
    what: str, values: Iterable[str], candidates: Sequence[str]
) -> pl.DataFrame:
    """The best candidate for each name: owners, stages, statuses, picklist values.

    Args:
        what: what the names are, such as ``owner`` or ``deal stage``.
        values: names of the source or of the decisions.
        candidates: names the destination has.

    Returns:
        ``what, value, target, confidence, reasons``; ``target`` is null where nothing is
        alike. A candidate that is some value's exact match goes to no other value.
    """
    names = list(dict.fromkeys(values))
    exact = {name.strip().casefold() for name in names}
    rows: list[tuple[object, ...]] = []
    for name in names:
        free = [
            c
            for c in candidates
            if c.strip().casefold() not in exact or c.strip().casefold() == name.casefold()
        ]
        best = max(
            (_named(name, candidate) for candidate in free),
            key=lambda p: p.confidence,
            default=None,
        )
        if best is None or best.confidence < _CLOSE * 0.9:
            rows.append((what, name, None, 0.0, "nothing in Freshsales looks like it"))
        else:
            reasons = "; ".join(best.reasons)
            rows.append((what, name, best.target, round(best.confidence, 3), reasons))
    return pl.DataFrame(rows, schema=VALUE_SCHEMA, orient="row")


def _named(value: str, candidate: str) -> Proposal:
    left, right = value.strip().casefold(), candidate.strip().casefold()
    if left == right:
        exact = 1.0 if value == candidate else 0.99
        return Proposal(candidate, exact, ("name: the same",))
    if right in _SAME_MEANING.get(left, ()) or left in _SAME_MEANING.get(right, ()):
        return Proposal(candidate, 0.85, ("alias: the same meaning",))
    if "@" in left and "@" in right and left.split("@")[0] == right.split("@")[0]:
        return Proposal(candidate, 0.8, ("name: the same person at another domain",))
    score = likeness(value, candidate)
    return Proposal(candidate, 0.9 * score, (f"name: {score:.0%} alike",))
