"""Where every character of a file went, reckoned without the readers' help.

The text is decoded by Python alone, cut into physical lines, and given to the records that
claim to begin in them. What does not belong here: anything of the package under test.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_DECLARED = re.compile(r'"?sep=.(?:")?[\r\n]*', re.IGNORECASE)


def physical_lines(text: str) -> list[str]:
    """Lines with their ends."""
    return [line for line in _LINE.findall(text) if line]


@dataclass(frozen=True)
class Account:
    """Lines by what became of them; ``unclaimed`` must be blank, header or hint."""

    rows: dict[int, str]
    quarantine: dict[int, str]
    unclaimed: dict[int, str]


def account(
    text: str, rows: Sequence[int], quarantined: Sequence[int], header: str
) -> Account:
    """Give every line to the nearest record that begins in it or above it.

    Args:
        text: the whole file.
        rows: lines in which rows begin, from 1.
        quarantined: lines in which records begin that were set aside.
        header: the names of the columns, joined; their line is nobody's.
    """
    starts = {**dict.fromkeys(rows, "rows"), **dict.fromkeys(quarantined, "quarantine")}
    assert len(starts) == len(rows) + len(quarantined), "a line begins two records"
    found: dict[str, dict[int, str]] = {"rows": {}, "quarantine": {}, "unclaimed": {}}
    kind, start = "unclaimed", 1
    for number, line in enumerate(physical_lines(text), start=1):
        if number in starts:
            kind, start = starts[number], number
        elif kind == "unclaimed" or letters(line) == letters(header):
            kind, start = "unclaimed", number
        found[kind][start] = found[kind].get(start, "") + line
    return Account(found["rows"], found["quarantine"], found["unclaimed"])


def is_hint_or_blank(line: str) -> bool:
    """Whether an unclaimed line may stay so, being no header."""
    return not line.strip(" \t\r\n,;|\"'") or bool(_DECLARED.fullmatch(line))


def letters(text: str) -> str:
    """What is left of a text without the layout: marks, delimiters, escapes and blanks."""
    return re.sub(r"[\s\"'\\,;|\ufeff\u200b]", "", text)
