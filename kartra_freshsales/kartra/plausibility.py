"""How sure we are of an encoding: by what margin its strongest rival loses.

What does not belong here: decoding (``encoding``).
"""

from dataclasses import dataclass

_LETTERS = frozenset("äöüßéèêëàâáãåçñíìîïóòôõøúùûÿæœÄÖÜÉÈÊËÀÂÁÃÅÇÑÍÎÏÓÔÕØÚÙÛÆŒ")
_SIGNS = frozenset("‘’“”„–—…€™®©°£«»¡¿·§\u00a0")
_RIVALS = {"mac_roman": "Mac Roman", "cp850": "DOS 850"}


@dataclass(frozen=True)
class Certainty:
    """``confidence`` from 0 to 1, the ``evidence`` in words, and a ``doubt`` to warn of."""

    confidence: float
    evidence: str
    doubt: str = ""


SURE = Certainty(1.0, "")


def of_mark(name: str) -> Certainty:
    """A byte-order mark leaves no rival."""
    return Certainty(1.0, f"a byte-order mark of {name}")


def of_unmarked_utf16(share: float) -> Certainty:
    """UTF-16 told by NULs: ``share`` is how much more of them one half of the bytes has."""
    return Certainty(
        round(share, 2), f"{share:.0%} more NULs at every other byte, as UTF-16 has them"
    )


def of_utf8(head: bytes) -> Certainty:
    """Valid UTF-8: each character beyond ASCII halves the odds that it is so by chance."""
    if head.isascii():
        return Certainty(1.0, "only ASCII at the start, which all candidates read alike")
    characters = sum(head.count(bytes([first])) for first in range(0xC2, 0xF5))
    return Certainty(
        round(1 - 0.5**characters, 3),
        f"{characters} character(s) beyond ASCII at the start are valid UTF-8",
    )


def of_windows_1252(foreign: bytes) -> Certainty:
    """Windows-1252 for lines that are not UTF-8, against what else they might be.

    Args:
        foreign: the bytes of those lines.
    """
    ours, count = _share(foreign, "cp1252")
    shares = {name: _share(foreign, code)[0] for code, name in _RIVALS.items()}
    rival = max(shares, key=lambda name: shares[name])
    evidence = (
        f"{ours:.0%} of {count} byte(s) beyond ASCII make sense where they stand in "
        f"Windows-1252, {shares[rival]:.0%} in {rival}"
    )
    doubt = ""
    if shares[rival] > ours:
        doubt = (
            f"The text would read better as {rival}: look at the accented letters, and "
            "export it again as UTF-8 if they are wrong."
        )
    return Certainty(round(max(ours - shares[rival], 0.0), 2), evidence, doubt)


def _share(foreign: bytes, encoding: str) -> tuple[float, int]:
    """How many of the characters beyond ASCII fit their neighbours, and of how many."""
    text = f" {foreign.decode(encoding, 'replace')} "
    places = [at for at, character in enumerate(text) if not character.isascii()]
    fitting = sum(_fits(text[at - 1], text[at], text[at + 1]) for at in places)
    return fitting / max(len(places), 1), len(places)


def _fits(before: str, character: str, after: str) -> bool:
    """A letter stands in a word, a capital not after a small one, a sign at an edge."""
    if character in _SIGNS:
        return not (before.isalpha() and after.isalpha()) or character in "’·"
    if character not in _LETTERS:
        return False
    if character.isupper() and before.islower():
        return False
    return before.isalpha() or after.isalpha()
