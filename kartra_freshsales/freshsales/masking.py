"""The destination's words without anybody's data, so that they may be kept for ever.

A refusal may quote what was sent, also changed or cut, and what others hold. Rather than
guess what a name looks like, little is let through: known words, and plain small words
that do not stand in anything we sent. Not here: where the words go (``request_log``).
"""

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

MASK = "•••"
LONGEST = 200
"""Characters of one message that are kept."""

_SHORT, _LEAST, _FEW = 4, 2, 4
_QUOTED = re.compile(r"«[^»]*»|“[^”]*”|„[^“”]*[“”]|\"[^\"]*\"|`[^`]*`|(?<!\w)'[^']*'(?!\w)")
_ADDRESS = re.compile(r"\S*@\S*|\b\w+://\S*|\bwww\.\S*", re.IGNORECASE)
_PHONE = re.compile(r"[+(]*\d[\d\s().\-/]{3,}\d")
_WORD = re.compile(r"\w+(?:['’]\w+)?")
_TEXT_IN_A_PAGE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_RUN = re.compile(rf"{MASK}(?:[\s,;]*{MASK})+")

_VOCABULARY = """
    a access account address admin after again all allowed already amount an and are
    attributes bad be been before blank busy by can can't cannot change choice city code
    company contact country create created currency custom data date deal deleted denied
    do does doesn't doesn’t don't due duplicate e-mail email empty end error exceeded exist
    exists external failed field fields fill for forbidden format found from gateway has
    have id in internal invalid is it item job key kind last leads length level lifecycle
    limit list locked mail mandatory many maximum media method mismatch missing mobile
    mobilenumber module more must name need needs no not note number of off on only or
    outcome owner page parameter params pending per permission phone pipeline please plan
    product proper provided rate read record records refused reached request requests
    required response response_code sales server service set source stage start state
    status subscription supported tag tags taken target task temporarily than that the
    there this time timeout title to token too try type unable unavailable unexpected
    unique unknown unprocessable unsupported updated upstream user users value values valid
    was website when with within wrong you your zone
"""
_KNOWN = frozenset(_VOCABULARY.split())


def masked(words: str, sent: Iterable[str]) -> str:
    """A message with everything personal replaced by ``•••``.

    Args:
        words: what the destination said.
        sent: every value that went out with the request.

    Returns:
        At most ``LONGEST`` characters; of a web page only its title.
    """
    text = unicodedata.normalize("NFC", html.unescape(_title_of(words)))[: 20 * LONGEST]
    values = sorted(set(sent), key=len, reverse=True)
    for value in values:
        if len(value) >= _LEAST and _plain(value) not in _KNOWN:
            text = text.replace(value, MASK)
    for pattern in (_QUOTED, _ADDRESS, _PHONE):
        text = pattern.sub(MASK, text)
    ours = _Ours.of(values)
    text = _WORD.sub(lambda found: MASK if ours.hide(found[0]) else found[0], text)
    return _RUN.sub(MASK, " ".join(text.split()))[:LONGEST]


@dataclass(frozen=True)
class _Ours:
    """What was sent, as text, as words, and as the words of short values: names."""

    text: str
    words: frozenset[str]
    names: frozenset[str]

    @classmethod
    def of(cls, values: Iterable[str]) -> Self:
        plain = [_plain(value) for value in values]
        split = [_WORD.findall(value) for value in plain]
        return cls(
            "\n".join(plain),
            frozenset(word for words in split for word in words),
            frozenset(w for words in split if len(words) <= _FEW for w in words),
        )

    def hide(self, word: str) -> bool:
        """Whether a word of a message may say something of somebody."""
        plain = _plain(word)
        if plain in self.names:
            return True
        if plain in _KNOWN:
            return False
        if word.isdecimal() and len(word) < _SHORT:
            return plain in self.words
        return not (word.islower() and word.isalpha()) or self._sent(plain)

    def _sent(self, plain: str) -> bool:
        """It was sent, or part of it was, or it is part of what was."""
        if plain in self.words:
            return True
        long = len(plain) >= _SHORT
        return long and (
            plain in self.text or any(w in plain for w in self.words if len(w) >= _SHORT)
        )


def values_in(document: object) -> Iterator[str]:
    """Every value of a document as text; keys are left out."""
    if isinstance(document, Mapping):
        for value in document.values():
            yield from values_in(value)
    elif isinstance(document, list | tuple):
        for value in document:
            yield from values_in(value)
    elif document is not None and not isinstance(document, bool):
        yield str(document)


def names_in(document: object) -> list[str]:
    """Names of every field of a document, sorted; those of rows and parts once each."""
    found: set[str] = set()
    _collect(document, found)
    return sorted(found)


def _collect(document: object, found: set[str]) -> None:
    if isinstance(document, Mapping):
        found.update(document)
        for value in document.values():
            if isinstance(value, Mapping | list):
                _collect(value, found)
    elif isinstance(document, list):
        for value in document:
            if isinstance(value, Mapping | list):
                _collect(value, found)


def _title_of(words: str) -> str:
    if not words.lstrip().startswith("<"):
        return words
    title = _TEXT_IN_A_PAGE.search(words)
    return title[1] if title else ""


def _plain(text: str) -> str:
    """Folded, composed, with single spaces: how values and words are compared."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
