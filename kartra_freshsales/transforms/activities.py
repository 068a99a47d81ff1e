"""Activities: calls, e-mails, meetings and tasks of ``activities.csv`` (S19).

Cleaned rows, and one golden record per activity, attached to its contact by the same rungs
as a buyer. What does not belong here: which Freshsales record an activity becomes.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from kartra_freshsales.kartra.kinds import ExportKind
from kartra_freshsales.mapping.building.activities import folded_key
from kartra_freshsales.mapping.cleaning_rules import SourceRules, folded
from kartra_freshsales.mapping.decisions.activities import KINDS, Activities
from kartra_freshsales.transforms import dates, emails, text
from kartra_freshsales.transforms.buyers import with_buyers
from kartra_freshsales.transforms.columns import custom_columns, known_shape
from kartra_freshsales.transforms.deal_rows import record_states
from kartra_freshsales.transforms.distinct import over_distinct
from kartra_freshsales.transforms.newest import merged
from kartra_freshsales.transforms.owners import read_owners
from kartra_freshsales.transforms.records import (
    MOMENT,
    PROVENANCE,
    Cleaned,
    Finding,
    Golden,
    findings_by_file,
    together,
)
from kartra_freshsales.transforms.set_aside import set_aside_rows

_KIND = str(ExportKind.ACTIVITIES)
_LINES = ("kind", "happened_at", "email", "lead_id", "subject", "duration", "direction",
          "owner", "source_id")  # fmt: skip
_CONTENT = ("buyer_email", "lead_id", "kind", "happened_text", "subject", "body",
            "direction", "duration", "author")  # fmt: skip
_ZONED = r"(?:[Zz]|[+-]\d{2}:?\d{2})$"

CLEANED: dict[str, pl.DataType] = {
    "activity_key": pl.String(),
    "kind": pl.String(),
    "subject": pl.String(),
    "body": pl.String(),
    "happened_at": MOMENT,
    "happened_text": pl.String(),
    "seconds": pl.Int64(),
    "direction": pl.String(),
    "author": pl.String(),
    "owner": pl.String(),
    "source_id": pl.String(),
    "lead_id": pl.String(),
    "buyer_email": pl.String(),
    **PROVENANCE,
}
"""Cleaned rows; ``happened_at`` is UTC, ``happened_text`` as written, ``author`` the owner
that the row itself names, ``buyer_email`` the contact's address as a key."""

GOLDEN: dict[str, pl.DataType] = {
    **CLEANED,
    "contact_key": pl.String(),
    "join_rung": pl.String(),
    "sources": pl.List(pl.String()),
}

_WORDS: Mapping[str, str] = {
    "call": "call", "phone": "call", "phone call": "call", "telephone": "call",
    "email": "email", "e-mail": "email", "mail": "email",
    "meeting": "meeting", "appointment": "meeting", "task": "task", "to-do": "task",
    "todo": "task",
}  # fmt: skip
_DIRECTIONS: Mapping[str, str] = {
    "in": "incoming", "inbound": "incoming", "incoming": "incoming", "received": "incoming",
    "out": "outgoing", "outbound": "outgoing", "outgoing": "outgoing", "sent": "outgoing",
}  # fmt: skip
_REASONS = {
    "unknown_kind": (
        "quarantined",
        f"Write one of {', '.join(KINDS)} into the column 'kind'.",
    ),
    "no_time": (
        "quarantined",
        "Write it as 2021-03-04T10:15:00-05:00, or add its layout to date_formats.",
    ),
}
WHOSE = {
    "contact_not_found": (
        "quarantined",
        "Export this contact from Kartra, or correct the e-mail address in the manifest.",
    ),
    "contact_ambiguous": (
        "quarantined",
        "Several contacts share this Kartra id: name the contact by e-mail address.",
    ),
    "test_contact": (
        "excluded",
        "Nothing to do: it is a test contact's; see test_domains in mappings/source.yaml.",
    ),
    "left_behind": (
        "excluded",
        "Nothing to do: mappings/activities.yaml or attachments.yaml says so.",
    ),
}
"""Why a row belongs to no contact that moves."""

_AS_OURS = {"buyer_not_found": "contact_not_found", "buyer_ambiguous": "contact_ambiguous"}


def clean_activities(raw: pl.DataFrame, rules: SourceRules) -> Cleaned:
    """Clean the raw activity rows of a batch.

    Args:
        raw: a raw frame of activities; may hold nothing but provenance columns.
        rules: how to read it.

    Returns:
        ``rows`` (``CLEANED``); ``set_aside`` with the reasons unknown_kind and no_time.
    """
    shaped = known_shape(raw, ExportKind.ACTIVITIES)
    frame, findings = text.clean_texts(shaped, [*_LINES, "body"], rules)
    frame = frame.with_columns(text.one_line(pl.col(_LINES)))
    frame, more = _read(frame, rules)
    frame = frame.with_columns(_reason().alias("reason"))
    rows = _keyed(frame.filter(pl.col("reason").is_null()))
    return Cleaned(
        together([rows], CLEANED),
        set_aside_rows(frame.filter(pl.col("reason").is_not_null()), _KIND, _REASONS),
        (*findings, *more, *unknown_columns(shaped, "activities.csv")),
    )


def _read(frame: pl.DataFrame, rules: SourceRules) -> tuple[pl.DataFrame, list[Finding]]:
    """Words, times and lengths in one form; texts of the times kept."""
    words = (("kind", _WORDS), ("direction", _DIRECTIONS))
    read = [_words(frame[name], table) for name, table in words]
    lengths = over_distinct(frame["duration"], seconds_of, pl.Int64())
    moments = read_times(frame, "happened_at", rules)
    frame, owners = read_owners(frame)
    findings = [*moments.findings, *owners]
    for name, values in (("direction", read[1]), ("duration", lengths)):
        findings += findings_by_file(
            frame.select("_file", "_row").filter(
                frame[name].is_not_null() & values.is_null()
            ),
            f"is no {name} that can be read; it is left empty",
            column=name,
            remedy="Directions are in or out, durations minutes (5) or h:mm:ss (0:05:00).",
        )
    return frame.with_columns(
        *read,
        lengths.alias("seconds"),
        moments.utc.alias("happened_at"),
        frame["happened_at"].alias("happened_text"),
        emails.key(frame["email"]).alias("buyer_email"),
        frame["owner"].alias("author"),
    ), findings


def _words(values: pl.Series, table: Mapping[str, str]) -> pl.Series:
    return over_distinct(values, lambda word: table.get(folded(word)), pl.String())


def seconds_of(length: str) -> int | None:
    """A duration in seconds: minutes as a number, or ``h:mm:ss``."""
    parts = length.split(":")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        return None
    if not all(0 <= number < 100_000 for number in numbers):  # noqa: PLR2004
        return None
    if len(numbers) == 1:
        return round(numbers[0] * 60)
    whole = {2: (3600, 60), 3: (3600, 60, 1)}.get(len(numbers))
    if whole is None:
        return None
    return round(sum(n * unit for n, unit in zip(numbers, whole, strict=True)))


def _reason() -> pl.Expr:
    return (
        pl.when(pl.col("kind").is_null())
        .then(pl.lit("unknown_kind"))
        .when(pl.col("happened_at").is_null())
        .then(pl.lit("no_time"))
    )


def _keyed(rows: pl.DataFrame) -> pl.DataFrame:
    """The source's own id, else a digest of everything the row says."""
    told = pl.concat_str(
        [pl.col(name).cast(pl.String).fill_null("") for name in _CONTENT], separator="\x1f"
    )
    digest = over_distinct(
        rows.select(told.alias("told")).to_series(), _digest, pl.String()
    )
    return rows.with_columns(
        pl.format("activity:{}:{}", "kind", pl.coalesce("source_id", pl.lit(digest))).alias(
            "activity_key"
        )
    )


def _digest(told: str) -> str:
    return hashlib.sha256(told.encode()).hexdigest()[:24]


def unknown_columns(shaped: pl.DataFrame, manifest: str) -> list[Finding]:
    """Columns of a manifest that nobody reads."""
    names = [name.removeprefix("custom:") for name in custom_columns(shaped)]
    if not names:
        return []
    return [
        Finding(
            f"has columns that are not read: {', '.join(names)}",
            file=shaped.item(0, "_file") if shaped.height else manifest,
            remedy="See mappings/README.md for the columns of this file.",
        )
    ]


@dataclass(frozen=True)
class Times:
    """A column of times in UTC, and what could not be read."""

    utc: pl.Series
    findings: tuple[Finding, ...]


def read_times(frame: pl.DataFrame, column: str, rules: SourceRules) -> Times:
    """Read times with a zone of their own; without one they are the account's."""
    zoned = frame[column].str.contains(_ZONED).fill_null(False)
    own = frame.select(
        pl.when(zoned)
        .then(pl.col(column).str.replace(" ", "T").str.to_uppercase())
        .str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)
    ).to_series()
    # What cannot be read with its zone is left to the other layouts, which report it.
    rest = frame.select("_file", "_row", pl.when(own.is_null()).then(column).alias(column))
    moments = dates.read_moments(rest, column, rules)
    local = pl.DataFrame({"local": moments.local})
    placed = local.select(dates.to_utc(pl.col("local"), rules.zone)).to_series()
    utc = pl.select(pl.coalesce(own, placed).cast(MOMENT)).to_series()
    return Times(utc.alias(column), moments.findings)


def golden_activities(
    cleaned: pl.DataFrame, contacts: pl.DataFrame, rules: SourceRules, decided: Activities
) -> Golden:
    """Merge the cleaned rows of all batches by activity, and find whose each is.

    Args:
        cleaned: ``CLEANED`` of any batches in any order.
        contacts: golden contacts.
        rules: for the domains of test contacts.
        decided: where activities go; a folded one ends where its note ends.

    Returns:
        ``records`` (``GOLDEN``) and ``row_states``; ``findings`` with the count of each
        rung.
    """
    records, rows = merged(together([cleaned], CLEANED), "activity_key")
    records = with_whose(records, contacts, rules)
    if decided.treatment == "none":
        records = records.with_columns(
            pl.coalesce("reason", pl.lit("left_behind")).alias("reason")
        )
    kept = records.filter(pl.col("reason").is_null())
    problems = records.filter(pl.col("reason").is_not_null())
    states = record_states(
        rows.rename({"activity_key": "deal_key"}),
        problems.select(pl.col("activity_key").alias("deal_key"), "reason"),
        _KIND,
        WHOSE,
    )
    if decided.treatment == "folded_note":
        states = _in_notes(states, kept)
    return Golden(together([kept], GOLDEN), states, findings=rungs_of(kept))


def with_whose(
    records: pl.DataFrame, contacts: pl.DataFrame, rules: SourceRules
) -> pl.DataFrame:
    """Records with ``contact_key, join_rung, reason`` and the owner, else the contact's."""
    found = with_buyers(records, contacts, rules.test_domains)
    return found.with_columns(pl.col("reason").replace(_AS_OURS))


def rungs_of(records: pl.DataFrame) -> tuple[Finding, ...]:
    """How many records found their contact by which rung."""
    counted = records.group_by("join_rung").len().sort("join_rung")
    return tuple(
        Finding(f"contacts found by {rung}", count=count)
        for rung, count in counted.iter_rows()
    )


def _in_notes(states: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
    """Rows of folded activities name the note as the record they ended in."""
    notes = kept.select(
        pl.col("activity_key").alias("record_key"), folded_key().alias("_note")
    )
    joined = states.join(notes, on="record_key", how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("_note", "record_key").alias("record_key")).drop(
        "_note"
    )
