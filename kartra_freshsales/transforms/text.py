"""Cells as clean text: one Unicode form, no outer blanks, entities decoded, nulls null.

What does not belong here: what a text means (dates, money, consent have their own files).
"""

import html
import re
import unicodedata
from collections.abc import Sequence
from html.entities import html5

import polars as pl

from kartra_freshsales.mapping.cleaning_rules import SourceRules
from kartra_freshsales.transforms.distinct import corrected
from kartra_freshsales.transforms.records import Finding, findings_by_file

_ENTITY = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_EDGES = "\ufeff\u200b\u200c\u200d\u2060\u00ad"
_NON_ASCII = pl.col("value").str.contains(r"[^\x00-\x7F]")
_HAS_ENTITY = pl.col("value").str.contains(_ENTITY.pattern)
_DECODE_REMEDY = (
    "Nothing to do, or set html_entities: false in mappings/source.yaml to keep them."
)


def decoded(text: str) -> str:
    """The text with known HTML entities decoded, once; ``&copy=2`` is left alone."""
    return _ENTITY.sub(_entity, text)


def _entity(match: re.Match[str]) -> str:
    body = match[1]
    if not body.startswith("#") and f"{body};" not in html5:
        return match[0]
    return html.unescape(match[0])


def one_form(text: str) -> str:
    """The text in Unicode's NFC, without invisible characters or blanks at its ends."""
    normal = unicodedata.normalize("NFC", text)
    while normal and (normal[0] in _EDGES or normal[0].isspace()):
        normal = normal[1:]
    while normal and (normal[-1] in _EDGES or normal[-1].isspace()):
        normal = normal[:-1]
    return normal


def without_accents(text: str) -> str:
    """The text with plain letters in place of accented ones."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark))


def folded_letters(text: str) -> str:
    """The words of a text for comparing: no case, no accents, no punctuation."""
    bare = without_accents(text.casefold())
    return " ".join("".join(c if c.isalnum() else " " for c in bare).split())


def without_null_words(cell: pl.Expr, rules: SourceRules) -> pl.Expr:
    """Null where the trimmed cell is blank or a null word; otherwise exactly as it was."""
    words = {"", *(word.strip().lower() for word in rules.null_words)}
    trimmed = cell.str.strip_chars().str.to_lowercase()
    return pl.when(~trimmed.is_in(sorted(words))).then(cell)


def one_line(cell: pl.Expr) -> pl.Expr:
    """Runs of blanks and line breaks as one blank: for names, places and titles."""
    return cell.str.replace_all(r"\s+", " ")


def clean_column(values: pl.Series, rules: SourceRules) -> tuple[pl.Series, pl.Series]:
    """One column of clean text, and a mask of the cells in which an entity was decoded."""
    held, decoded_cells = (
        values,
        pl.repeat(False, len(values), eager=True, dtype=pl.Boolean),
    )
    if rules.html_entities:
        held, decoded_cells = corrected(held, _HAS_ENTITY, decoded)
    held, _ = corrected(held, _NON_ASCII, one_form)
    cell = pl.col(values.name)
    cleaned = (
        pl.DataFrame({values.name: held})
        .lazy()
        .select(cell.str.strip_chars())
        .select(without_null_words(cell, rules))
        .collect()
        .get_column(values.name)
    )
    return cleaned, decoded_cells


def clean_texts(
    frame: pl.DataFrame, columns: Sequence[str], rules: SourceRules
) -> tuple[pl.DataFrame, list[Finding]]:
    """Clean the named text columns of a frame with ``_file`` and ``_row``.

    Returns:
        The frame, and one finding per file and column in which entities were decoded.
    """
    findings: list[Finding] = []
    cleaned = []
    for name in columns:
        if frame[name].null_count() == frame.height:
            continue
        values, mask = clean_column(frame.get_column(name), rules)
        cleaned.append(values)
        findings += findings_by_file(
            frame.select("_file", "_row").filter(mask),
            "HTML entities were decoded",
            column=name,
            remedy=_DECODE_REMEDY,
        )
    return frame.with_columns(cleaned), findings
