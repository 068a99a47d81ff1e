"""Every way in which a value may look different from its cell in the export, by name.

The counterpart of ``freshsales.comparison``, which names what the destination may rewrite:
between the two no value changes its form without a name for it. For plain text the rules
are carried out here once more, step by step, so that a trace can tell which of them took
hold. Not here: the cleaning itself (``text`` and its neighbours).
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.transforms import text

ENTITIES, NFC, TRIMMED = "entities_decoded", "unicode_nfc", "trimmed_ends"
NOTHING, ONE_LINE = "word_for_nothing", "one_line"
EMAIL, PHONE, DAY, MONEY, NUMBER = (
    "email_key", "phone_e164", "day_iso", "money_decimals", "number_plain",
)  # fmt: skip
NAMES, CHOICE, TRUTH, CONSENT = (
    "cell_of_names", "choice_spelling", "yes_no", "consent_words",
)  # fmt: skip
LABEL, FULL_NAME, STAND_IN = "label_decided", "full_name_parted", "last_name_stand_in"
COMPANY, DEAL_NAME, PARTS, OWNER = (
    "company_spelling", "deal_name_cut", "note_in_parts", "owner_as_user",
)  # fmt: skip

RULES: dict[str, str] = {
    ENTITIES: "HTML entities such as &amp; are decoded, once (html_entities in "
    "source.yaml).",
    NFC: "An accented letter is one character, whichever way it was typed (Unicode NFC).",
    TRIMMED: "Blanks and invisible characters at both ends of a cell are left out.",
    NOTHING: "A cell of blanks or of a word for nothing (null_words in source.yaml) is "
    "empty; an empty cell is not sent.",
    ONE_LINE: "In names, places and titles a run of blanks or line breaks is one blank; "
    "addresses, notes and the account's own fields keep their lines.",
    EMAIL: "E-mail addresses are compared in lower case and without blanks around them.",
    PHONE: "A phone that is valid is written with its country code (+1 …); any other goes "
    "over as it was typed.",
    DAY: "Dates and times become the day in the account's time zone, as 2026-01-31.",
    MONEY: "Amounts lose signs, thousands marks and currency and have two decimals.",
    NUMBER: "Whole numbers are written without decimals of nothing.",
    NAMES: "A cell of several names is taken apart at its separator; repeats and empty "
    "parts are left out.",
    CHOICE: "A choice that differs from another only in case takes its spelling.",
    TRUTH: "Words for yes and no become true and false.",
    CONSENT: "GDPR and mail words become a consent by mappings/consent.yaml; the words "
    "themselves are kept in fields.",
    LABEL: "Tags and lists are renamed, dropped and cut as mappings/tags.yaml and "
    "lists.yaml say; each change stands in reports/label_changes.csv.",
    FULL_NAME: "A full name is taken apart where first and last name are missing.",
    STAND_IN: "A contact without last name gets the part of the address before the @.",
    COMPANY: "Spellings of one company become its account's name; each is listed as a "
    "variant.",
    DEAL_NAME: "A deal's name is made by the template in stages.yaml and has 255 "
    "characters at most; the Kartra id in it stays whole, and so does the product's field.",
    PARTS: "A long note becomes several (split_at in notes.yaml), in order.",
    OWNER: "An owner's e-mail address becomes the user of that address.",
}
"""Name → what it does to a value. The reconciliation report lists all of them."""


@dataclass(frozen=True)
class Told:
    """A cell as cleaning leaves it (null where nothing is left), and what did that."""

    value: str | None
    rules: tuple[str, ...]


def text_told(cell: str, rules: SourceRules, *, one_line: bool) -> Told:
    """A cell of plain text step by step.

    Args:
        cell: as it stands in the export.
        rules: how exports are read.
        one_line: whether its column holds names, places and titles.

    Returns:
        What ``text.clean_column`` (and ``text.one_line``) make of it, and the names of the
        rules that changed something.
    """
    value: str | None = cell
    took_hold = []
    for name, step in _steps(rules, one_line=one_line):
        if value is None:
            break
        changed = step(value)
        if changed != value:
            took_hold.append(name)
        value = changed
    return Told(value, tuple(took_hold))


def explained(
    cell: str, arrived: str | None, rules: SourceRules, *, one_line: bool
) -> tuple[str, ...] | None:
    """Which named rules turn a cell of plain text into what arrived; None if they do not.

    An empty tuple says that it arrived as it was, character by character.
    """
    told = text_told(cell, rules, one_line=one_line)
    return told.rules if (told.value or None) == (arrived or None) else None


def _steps(
    rules: SourceRules, *, one_line: bool
) -> list[tuple[str, Callable[[str], str | None]]]:
    steps: list[tuple[str, Callable[[str], str | None]]] = [
        (NFC, lambda value: unicodedata.normalize("NFC", value)),
        (TRIMMED, _trimmed),
        (NOTHING, lambda value: _by(text.without_null_words(_CELL, rules), value)),
    ]
    if rules.html_entities:
        steps.insert(0, (ENTITIES, text.decoded))
    if one_line:
        steps.append((ONE_LINE, lambda value: _by(text.one_line(_CELL), value)))
    return steps


_CELL = pl.col("cell")


def _trimmed(value: str) -> str | None:
    inner = value if value.isascii() else text.one_form(value)
    return _by(_CELL.str.strip_chars(), inner)


def _by(expression: pl.Expr, value: str) -> str | None:
    """One value as polars, which does the cleaning, sees it."""
    done = pl.DataFrame({"cell": [value]}).select(expression).item()
    return None if done is None else str(done)
