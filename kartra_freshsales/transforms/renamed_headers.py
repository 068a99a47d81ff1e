"""Headers that changed between exports: which column another one probably was (S75).

A proposal only: the header in the file is corrected by a person, or both columns stay. Not
here: which files have which column (``export_columns``).
"""

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from kartra_freshsales.kartra.headers import normalised, split_currency
from kartra_freshsales.kartra.kinds import ALIASES, ExportKind, match
from kartra_freshsales.mapping.proposals import likeness

CLOSE = 0.85
"""How alike two names must be: a letter or two may differ, a word may not."""

_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True)
class Rename:
    """A column that is probably another one, why, and what to do if it is."""

    column: str
    proposed: str
    reason: str
    remedy: str


def renames(
    kind: ExportKind, files_of: Mapping[str, Set[str]], files: int
) -> Iterator[Rename]:
    """Propose a counterpart for each unknown column that some files lack.

    A counterpart stands only in files that lack the column: what one file holds side by
    side are two things. Columns of Kartra come first, then those that more files have.

    Args:
        kind: of the files.
        files_of: the files (``batch/file``) of each column, in the order of the columns.
        files: how many files of the kind there are.
    """
    known = ALIASES[kind]
    drifting = [name for name, held in files_of.items() if 0 < len(held) < files]
    ranked = sorted(drifting, key=lambda name: (name not in known, -len(files_of[name])))
    kept: list[str] = []
    for name in ranked:
        apart = [other for other in kept if files_of[other].isdisjoint(files_of[name])]
        found = None if name in known else _closest(kind, name, apart)
        if found is None:
            kept.append(name)
        else:
            yield Rename(name, *found, _remedy(name, found[0], sorted(files_of[name])))


def _closest(
    kind: ExportKind, name: str, candidates: Sequence[str]
) -> tuple[str, str] | None:
    """The candidate most alike and the reason; the first of equals, None if none is."""
    meaning = match(kind, name)
    if meaning is not None and meaning[0] in candidates:
        return meaning[0], f"another name of {meaning[0]!r}"
    scored = [
        (_alike(name, spelling), candidate, spelling)
        for candidate in candidates
        for spelling in (candidate, *ALIASES[kind].get(candidate, ()))
    ]
    score, candidate, spelling = max(scored, key=lambda each: each[0], default=(0, "", ""))
    if score < CLOSE:
        return None
    if score == 1:
        return candidate, "the same name but for case and signs"
    return candidate, f"spelt like {spelling!r} ({score:.0%})"


def _alike(left: str, right: str) -> float:
    """Likeness of two headers, 0 to 1; names that differ in a number are two columns."""
    a, b = (normalised(split_currency(each)[0]) for each in (left, right))
    return likeness(a, b) if _DIGITS.findall(a) == _DIGITS.findall(b) else 0.0


def _remedy(name: str, proposed: str, places: Sequence[str]) -> str:
    code = split_currency(name)[1]
    wanted = f"{proposed} ({code})" if code and "(" not in proposed else proposed
    more = f" and {len(places) - 1} more" if len(places) > 1 else ""
    return (
        f"If it is, write {wanted!r} for {name!r} in the header of {places[0]}{more}, then "
        "run extract again."
    )
