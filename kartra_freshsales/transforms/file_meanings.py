"""Tags, lists and mail status that only the name of an export tells (S12, S48, S74).

What does not belong here: which names mean what (``mappings/source.yaml``).
"""

import re
from pathlib import PurePosixPath

import polars as pl

from kartra_freshsales.mapping.cleaning_rules import SourceRules, folded
from kartra_freshsales.transforms.names_in_cells import NAMES, without_repeats
from kartra_freshsales.transforms.records import Finding, findings_by_file

# Kartra ends a name with the day and 13 hexadecimal digits: they are no part of a tag.
_EXPORTED = re.compile(r"_\d{2}-\d{2}-\d{4}_[0-9a-f]{13}$")
_TOLD = ("tags", "lists", "status")


def with_file_meanings(
    frame: pl.DataFrame, rules: SourceRules
) -> tuple[pl.DataFrame, list[Finding]]:
    """Add what the names of files tell to the rows in them.

    A row whose own mail status stops mail keeps it; otherwise the file's counts.

    Args:
        frame: ``_file``, ``_row``, ``tags`` and ``lists`` as lists, ``mail_status``.
        rules: ``files`` and the mail-status words.

    Returns:
        The frame, and one finding per file whose name told something.
    """
    if not rules.files:
        return frame, []
    told = _by_file(frame["_file"].unique().sort().to_list(), rules)
    if told.is_empty():
        return frame, []
    joined = frame.join(told, on="_file", how="left", maintain_order="left")
    united = [
        without_repeats(
            joined.select(
                pl.col(name).list.concat(pl.col(f"_{name}").fill_null(pl.lit([], NAMES)))
            ).to_series()
        )
        for name in ("tags", "lists")
    ]
    findings = findings_by_file(
        joined.filter(pl.col("_tags").is_not_null()),
        "the file's name says what its contacts have in common; it was added to them",
        column=None,
        remedy="Nothing to do; see files in mappings/source.yaml.",
    )
    marked = joined.with_columns(*united, _status(rules).alias("mail_status"))
    return marked.drop(f"_{name}" for name in _TOLD), findings


def _status(rules: SourceRules) -> pl.Expr:
    """The file's word, unless the row's own word is a stronger one or there is none."""
    stopping = [word for word, means in rules.consent.mail.items() if means != "harmless"]
    own = pl.col("mail_status")
    word = own.str.replace_all(r"\s+", " ").str.strip_chars().str.to_lowercase()
    stays = word.is_in(stopping).fill_null(False) | pl.col("_status").is_null()
    return pl.when(stays).then(own).otherwise("_status")


def _by_file(files: list[str], rules: SourceRules) -> pl.DataFrame:
    """``_file, _tags, _lists, _status`` of files whose name tells something."""
    rows = [(file, *meaning) for file in files if any(meaning := _meaning(file, rules))]
    schema = {"_file": pl.String(), "_tags": NAMES, "_lists": NAMES, "_status": pl.String()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _meaning(file: str, rules: SourceRules) -> tuple[list[str], list[str], str | None]:
    stem = PurePosixPath(file.replace("\\", "/")).stem
    tags: list[str] = []
    lists: list[str] = []
    statuses: list[str] = []
    for each in rules.files:
        text = each.text_in(_EXPORTED.sub("", stem))
        if text is None:
            text = each.text_in(stem)
        if text is None:
            continue
        words = " ".join(text.replace("_", " ").split())
        for value, into in (
            (each.adds_tag, tags),
            (each.adds_list, lists),
            (each.adds_status, statuses),
        ):
            told = words if value == "*" else value
            if told:
                into.append(told)
    return tags, lists, _strongest(statuses, rules)


def _strongest(words: list[str], rules: SourceRules) -> str | None:
    """Of several statuses one that stops mail, else the first."""
    stopping = [w for w in words if rules.consent.mail.get(folded(w)) != "harmless"]
    return next(iter([*stopping, *words]), None)
