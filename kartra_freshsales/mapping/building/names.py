"""Names of deals from templates; long parts are cut, the natural key never is.

Not here: which templates are allowed (``decisions.deals``).
"""

from collections.abc import Mapping
from string import Formatter

import polars as pl

from kartra_freshsales.mapping.building.field_types import LONGEST_TEXT


def named(template: str, key: str, words: Mapping[str, pl.Expr]) -> pl.Expr:
    """The name each row gets.

    Args:
        template: text with words in braces.
        key: the word that holds the natural key; it stays whole.
        words: word → text. A word without a value leaves nothing behind but one blank.

    Returns:
        A text of at most 255 characters in which every blank run is one blank. Whatever is
        too much is cut from the end of the part before the key, then from the part behind.
    """
    before, after = _parts(template, key)
    identity = words[key].str.strip_chars().fill_null("")
    head, tail = _filled(before, words), _filled(after, words)
    room = (LONGEST_TEXT - identity.str.len_chars().cast(pl.Int64)).clip(lower_bound=0)
    literal = before.rpartition("}")[2] if "{" in before else before
    kept = (room - len(literal)).clip(lower_bound=0)
    over = head.str.len_chars() > room
    stem = _filled(before.removesuffix(literal), words) if literal else head
    cut = pl.concat_str(stem.str.slice(0, kept), pl.lit(literal))
    front = pl.when(over).then(cut).otherwise(head)
    left = (room - front.str.len_chars().cast(pl.Int64)).clip(lower_bound=0)
    name = pl.concat_str(front, identity, tail.str.slice(0, left))
    return (
        name.str.replace_all(r"\s+", " ").str.strip_chars_start(" –—-|:").str.strip_chars()
    )


def _parts(template: str, key: str) -> tuple[str, str]:
    before, _, after = template.partition("{" + key + "}")
    return before, after


def _filled(template: str, words: Mapping[str, pl.Expr]) -> pl.Expr:
    pieces: list[pl.Expr] = [pl.lit("")]
    for literal, word, _, _ in Formatter().parse(template):
        pieces.append(pl.lit(literal))
        if word is not None:
            pieces.append(words[word].str.strip_chars().fill_null(""))
    return pl.concat_str(pieces)
