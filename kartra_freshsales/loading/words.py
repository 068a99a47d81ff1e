"""What a refusal most likely means: our error class, the field and the remedy.

Messages are in the user's language and change (reference, section 6), so the status code
has decided already; the wording is only a hint. A message may quote a person's address:
nothing of it is passed on. Not here: what happens to the record.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from kartra_freshsales.errors import DestinationError, Forbidden, NotFound


@dataclass(frozen=True, slots=True)
class Verdict:
    """``reason`` is a class of ``REMEDIES``, with ``:field`` where the field is known."""

    reason: str
    remedy: str

    @property
    def error_class(self) -> str:
        """The class alone."""
        return self.reason.partition(":")[0]


REMEDIES: dict[str, str] = {
    "duplicate": "Another record holds this e-mail address or name: look for it in "
    "Freshsales, in the recycle bin too, then plan again.",
    "not_unique": "Another record holds this value, which must be unique: correct it in "
    "the source, or leave the field out.",
    "invalid_email": "Correct the e-mail address in the source.",
    "required": "Fill the field in the source or map a default for it, or make it optional "
    "in Freshsales.",
    "invalid_stage": "Correct the stage or status in the mapping: it must exist and belong "
    "to the stage or pipeline it is sent with.",
    "invalid_owner": "Map the owner to an active Freshsales user.",
    "too_long": "Shorten the value in the source.",
    "missing_reference": "The record it is linked to does not stand in Freshsales: load or "
    "restore that one first.",
    "invalid": "Correct the value in the source; the destination does not take it.",
    "custom_field": "Look in Freshsales whether this field and this choice still exist: "
    "bring them back there or correct the mapping, then plan again.",
    "not_found": "The record was deleted in Freshsales: plan again.",
    "forbidden": "Use an account admin's key, and check that the plan has this module.",
    "refused": "Enter the record by hand in Freshsales to see what it does not accept.",
}

_CLASSES: tuple[tuple[str, str], ...] = (
    ("not_unique", r"mobile\s*_?number is not unique"),
    ("duplicate", r"already exists|email is not unique|name has already been taken"),
    ("not_unique", r"not unique|already been taken|duplicate"),
    ("invalid_email", r"invalid e-?mail|e-?mail.{0,20}(format|invalid)"),
    ("required", r"need to fill|can'?t be (empty|blank)|required field|is required"),
    ("too_long", r"required length|too long"),
    ("invalid_stage", r"(stage|status|pipeline).{0,30}(provided|exist)|invalid .*stage"),
    ("invalid_owner", r"owner"),
    ("missing_reference", r"doesn'?t exist|does not exist"),
    ("invalid", r"invalid|not in required format|missing attributes|not supported"),
)  # fmt: skip


def verdict_of(error: DestinationError, keys: Collection[str] = ()) -> Verdict:
    """Judge a refusal.

    Args:
        error: what the client raised; its ``messages`` are the destination's words.
        keys: what was sent, to recognise the field that is meant.
    """
    if isinstance(error, NotFound):
        return Verdict("not_found", REMEDIES["not_found"])
    if isinstance(error, Forbidden):
        return Verdict("forbidden", REMEDIES["forbidden"])
    words = " ".join(error.messages)
    found = _class_of(words)
    named = _field_in(words, keys)
    if named is not None and named.startswith("cf_") and found in {"invalid", "refused"}:
        found = "custom_field"
    return Verdict(f"{found}:{named}" if named else found, REMEDIES[found])


def _class_of(words: str) -> str:
    for name, pattern in _CLASSES:
        if re.search(pattern, words, re.IGNORECASE):
            return name
    return "refused"


def _field_in(words: str, keys: Iterable[str]) -> str | None:
    """The sent key that the words name; the longest, since ``name`` is in many."""
    said = f" {_plain(_without_values(words))} "
    named = [key for key in keys if f" {_plain(key)} " in said]
    return max(named, key=len, default=None)


def _without_values(words: str) -> str:
    return re.sub(r"\S+@\S+", " email ", words)


def _plain(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)  # MobileNumber
    folded = re.sub(r"[\W_]+", " ", spaced).strip().casefold()
    return folded.removeprefix("cf ").removesuffix(" id")
