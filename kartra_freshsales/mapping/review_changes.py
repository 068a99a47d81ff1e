"""Decisions made in the review workbook as changes of ``mappings/*.yaml``.

Each answer is judged by itself here; whether all of them together make a map is found out
before anything is written (``deciding``). Not here: reading workbooks (``reports``).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass
from functools import partial
from typing import Any

import yaml

from kartra_freshsales.errors import BadInput
from kartra_freshsales.mapping.decisions.labels import Lists, Tags
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales.mapping.word_tables import TABLES
from kartra_freshsales.mapping.yaml_edits import (
    with_item,
    with_value,
    without_item,
    without_key,
)

KEEP, RENAME, DROP = "keep", "rename", "drop"
MERGE, DIFFERENT = "merge", "different"
MOVES, LEFT_OUT = "moves", "left out"
_WHY = "decided in the review workbook"
_TARGET = re.compile(r"\s*(drop|field|custom)\s*:\s*(\S.*?)\s*")
_MASKED = "***"


@dataclass(frozen=True)
class Answer:
    """One row of a workbook whose decision cells were changed.

    Attributes:
        sheet: its name.
        row: its number in the sheet.
        key: the texts that name the row.
        old: column → what is decided now.
        new: column → what stands in the workbook.
        headings: column → heading.
    """

    sheet: str
    row: int
    key: tuple[str, ...]
    old: Table[str, str]
    new: Table[str, str]
    headings: Table[str, str]

    def refused(self, column: str, what: str, remedy: str) -> BadInput:
        """An error that names the cell, and never what stands in it."""
        return BadInput(
            what,
            file=f"sheet {self.sheet}",
            row=self.row,
            column=self.headings.get(column, column),
            remedy=remedy,
        )


@dataclass(frozen=True)
class Change:
    """A change of one decision file: what it says to people, and the text it makes."""

    answer: Answer
    file: str
    what: str
    edit: Callable[[str], str]


def changes(
    answers: Sequence[Answer], decided: Mapping, users: Sequence[str]
) -> list[Change]:
    """What has to change in the files for the answers to hold, in their order.

    Args:
        answers: rows that were changed.
        decided: the decisions as they stand.
        users: addresses of active users of the account.

    Raises:
        BadInput: an answer that is none; names sheet, row, column and remedy.
    """
    rules: Table[str, Callable[[Answer], Iterator[Change]]] = {
        "Mapping": partial(_of_column, decided=decided),
        "Value maps": partial(_of_word, decided=decided),
        "Tags": partial(_of_label, file="tags.yaml", labels=decided.tags),
        "Lists": partial(_of_label, file="lists.yaml", labels=decided.lists),
        "Owners": partial(_of_owner, decided=decided, users=users),
        "Duplicates": _of_pair,
        "Suppression": _of_group,
    }
    return [change for answer in answers for change in rules[answer.sheet](answer)]


def _of_label(answer: Answer, file: str, labels: Tags | Lists) -> Iterator[Change]:
    (name,), wanted, new = answer.key, answer.new["decision"], answer.new["new_name"]
    if wanted not in {KEEP, RENAME, DROP}:
        raise answer.refused(
            "decision", "This is no decision.", "Choose keep, rename or drop."
        )
    if wanted == RENAME and not new:
        raise answer.refused(
            "new_name", "The new name is missing.", "Write it, or choose keep."
        )
    if wanted != RENAME and new and new != answer.old["new_name"]:
        raise answer.refused(
            "decision",
            "A new name is given, but the decision is another.",
            "Choose rename, or empty the new name.",
        )
    key = name.casefold()
    dropped = next((old for old in labels.drop if old.strip().casefold() == key), None)
    renamed = next((old for old in labels.rename if old.strip().casefold() == key), None)
    say = partial(_change, answer, file)
    if dropped is not None and wanted != DROP:
        yield say(f"{name}: no longer dropped", without_item, ("drop",), dropped)
    if renamed is not None and wanted != RENAME:
        yield say(f"{name}: no longer renamed", without_key, ("rename", renamed))
    if wanted == DROP and dropped is None:
        yield say(f"{name}: dropped", with_item, ("drop",), name)
    if wanted == RENAME and (renamed is None or labels.rename[renamed] != new):
        yield say(f"{name}: renamed to {new}", with_value, ("rename", renamed or name), new)


def _of_owner(answer: Answer, decided: Mapping, users: Sequence[str]) -> Iterator[Change]:
    (owner,), who = answer.key, answer.new["reassign_to"].casefold()
    if who and who not in {user.casefold() for user in users}:
        raise answer.refused(
            "reassign_to",
            "This is no active user of the Freshsales account.",
            "Choose one from the list, or add the user in Freshsales and prepare again.",
        )
    say = partial(_change, answer, "owners.yaml")
    if "@" not in owner:
        yield say(f"default owner: {who or 'none'}", with_value, ("default_owner",), who)
    elif who:
        yield say(f"{owner}: goes to {who}", with_value, ("remap", owner), who)
    elif owner in decided.owners.remap:
        yield say(f"{owner}: goes to nobody else", without_key, ("remap", owner))


def _of_word(answer: Answer, decided: Mapping) -> Iterator[Change]:
    (name, word), means = answer.key, answer.new["means"]
    table = TABLES[name]
    if not means or (table.options and means not in table.options):
        remedy = f"Choose {', '.join(table.options)}." if table.options else "Name one."
        raise answer.refused("means", "This is no meaning.", remedy)
    if _MASKED in word:
        raise answer.refused(
            "word",
            "This word is shown masked, so it cannot be decided here.",
            f"Write it into {table.file} by hand.",
        )
    words = table.words(decided)

    def edit(text: str) -> str:
        there: Any = yaml.safe_load(text) or {}
        for key in table.path:
            there = there.get(key) if isinstance(there, dict) else None
        if not isinstance(there, dict):  # one word alone would put the defaults out
            return with_value(text, table.path, {**words, word: means})
        same = (str(key) for key in there if table.same(str(key)) == table.same(word))
        return with_value(text, (*table.path, next(same, word)), means)

    yield Change(answer, table.file, f"{name}: {word} means {means}", edit)


def _of_column(answer: Answer, decided: Mapping) -> Iterator[Change]:
    (kind, column), text = answer.key, answer.new["change_to"]
    found = _TARGET.fullmatch(text)
    if not found:
        raise answer.refused(
            "change_to",
            "This is no target.",
            "Write drop: and why, field: and a key, or custom: and a label.",
        )
    now = decided.fields.of(kind).get(column)
    if now is None:
        raise answer.refused(
            "change_to",
            "This is a field of the account's own.",
            f"These are decided together: 'unknown' of {kind} in mappings/fields.yaml.",
        )
    word, rest = found[1], found[2]
    custom = {"label": rest, "type": now.custom.type if now.custom else "text"}
    target = {word: custom if word == "custom" else rest}
    what = f"{kind}, {column}: {word}: {rest}"
    yield _change(answer, "fields.yaml", what, with_value, (kind, column), target)


def _of_pair(answer: Answer) -> Iterator[Change]:
    kind, keep, other = answer.key
    choice = answer.new["choice"]
    account = kind == "account"
    say = partial(_change, answer, "duplicates.yaml")
    if choice == MERGE:
        word, path = ("account", "merge_accounts") if account else ("contact", "merge")
        item: Any = {word: other, "into": keep, "why": _WHY}
        yield say(f"{other} goes into {keep}", with_item, (path,), item)
    elif choice == DIFFERENT:
        path = "different_accounts" if account else "different"
        yield say(f"{keep} and {other} are two", with_item, (path,), [keep, other])
    else:
        raise answer.refused(
            "choice", "This is no decision.", "Choose merge or different, or empty it."
        )


def _of_group(answer: Answer) -> Iterator[Change]:
    (word,), choice = answer.key, answer.new["decision"]
    say = partial(_change, answer, "source.yaml")
    if choice == LEFT_OUT:
        yield say(f"{word}: left out", with_item, ("suppress",), word)
    elif choice == MOVES:
        yield say(f"{word}: moves", without_item, ("suppress",), word)
    else:
        raise answer.refused(
            "decision", "This is no decision.", "Choose moves or left out."
        )


def _change(
    answer: Answer, file: str, what: str, edit: Callable[..., str], *given: Any
) -> Change:
    return Change(answer, file, what, lambda text: edit(text, *given))
