"""Activities and files as the records they are meant to become (S19, S20).

An activity keeps its own time in the record's time fields and, since Freshsales stamps when
a record was made, in the first line of its text. Not here: sending (``loading``).
"""

import polars as pl

from kartra_freshsales.freshsales.lookups import Lookups
from kartra_freshsales.mapping.building.memberships import empty_rows
from kartra_freshsales.mapping.building.people import owner_id
from kartra_freshsales.mapping.building.rows import Problems, intended_rows, longer_than
from kartra_freshsales.mapping.decisions.activities import APPOINTMENT, TASK, Activities
from kartra_freshsales.mapping.model import Mapping

LONGEST, LONGEST_TITLE = 10_000, 255
"""Characters; nothing longer is known to be kept (reference, sections 5 and 12.25)."""

_MOMENT = "%Y-%m-%dT%H:%M:%SZ"
_LABELS = {"call": "Call", "email": "E-mail", "meeting": "Meeting", "task": "Task"}


def activity_rows(
    activities: pl.DataFrame, mapping: Mapping, lookups: Lookups
) -> pl.DataFrame:
    """Golden activities as records of their own, or folded into notes.

    Args:
        activities: golden activities.
        mapping: the decisions.
        lookups: names → ids of the destination.

    Returns:
        The intended frame of ``activities`` or ``notes``.
    """
    decided = mapping.activities
    if activities.is_empty() or decided.treatment == "none":
        return empty_rows()
    told = activities.with_columns(_text(mapping.source.zone).alias("_text"))
    if decided.treatment == "folded_note":
        return _notes(told)
    return _records(told, decided, mapping, lookups)


def _text(zone: str) -> pl.Expr:
    """The first line says what the API cannot be told; the body follows it."""
    moment = pl.col("happened_at").dt.convert_time_zone(zone)
    seconds = pl.col("seconds")
    length = pl.format(
        "{} min", (seconds / 60).round(1).cast(pl.String).str.strip_suffix(".0")
    )
    facts = [
        pl.col("kind").replace_strict(_LABELS, return_dtype=pl.String),
        moment.dt.strftime("%Y-%m-%d %H:%M %Z"),
        pl.col("direction"),
        length,
        pl.format("by {}", "author"),
        pl.format("id {}", "source_id"),
    ]
    first = pl.concat_str(facts, separator=", ", ignore_nulls=True)
    return pl.concat_str([first, pl.format("\n{}", "body")], ignore_nulls=True)


def _records(
    told: pl.DataFrame, decided: Activities, mapping: Mapping, lookups: Lookups
) -> pl.DataFrame:
    target = pl.col("kind").replace_strict(
        {str(kind): name for kind, name in decided.targets.items()},
        default=None,
        return_dtype=pl.String,
    )
    own = target.is_in([APPOINTMENT, TASK])
    start = pl.col("happened_at")
    end = start + pl.duration(seconds=pl.col("seconds").fill_null(0))
    title = pl.coalesce(
        "subject", pl.col("kind").replace_strict(_LABELS, return_dtype=pl.String)
    )
    done = pl.lit(decided.tasks_are_done) if decided.tasks_are_done else pl.lit(None)
    owner = owner_id("owner", mapping.owners, lookups.owners)
    problems = Problems()
    problems.add("activity_too_long", longer_than(LONGEST, pl.col("_text")))
    problems.add("activity_without_target", target.is_null())
    # What a kind of record has no field for is not sent: a comparison would miss it.
    meeting, task = target == APPOINTMENT, target == TASK
    payload = [
        pl.when(meeting).then(pl.lit("appointments")).when(task).then(pl.lit("tasks"))
        .otherwise(pl.lit("sales_activities")).alias("record"),
        pl.when(~own).then(target).alias("type"),
        title.str.head(LONGEST_TITLE).alias("title"),
        start.dt.strftime(_MOMENT).alias("start"),
        pl.when(~task).then(end.dt.strftime(_MOMENT)).alias("end"),
        pl.col("_text").alias("text"),
        pl.when(task).then(done).alias("done"),
        pl.when(~meeting).then(owner).alias("owner_id"),
        pl.col("contact_key").alias("contact"),
    ]  # fmt: skip
    return intended_rows(
        told, module="activities", key="activity_key", payload=payload, problems=problems
    )


def _notes(told: pl.DataFrame) -> pl.DataFrame:
    """One note per contact and batch, oldest activity first; long ones are split later."""
    notes = (
        told.sort("contact_key", "_batch", "happened_at", "activity_key")
        .group_by("contact_key", "_batch", maintain_order=True)
        .agg(
            pl.col("_text").str.join("\n\n").alias("_text"),
            pl.col("sources").explode(empty_as_null=False).unique().sort(),
        )
        .with_columns(folded_key().alias("_key"))
    )
    payload = [pl.col("_text").alias("description"), pl.col("contact_key").alias("contact")]
    return intended_rows(notes, module="notes", key="_key", payload=payload)


def folded_key() -> pl.Expr:
    """The source key of the note that holds a contact's activities of a batch."""
    return pl.format("note:{}#activities-{}", "contact_key", "_batch")


def file_rows(attachments: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    """Golden attachments as files on their contact or deal.

    Args:
        attachments: golden attachments.
        mapping: the decisions.
    """
    if attachments.is_empty() or not mapping.attachments.load:
        return empty_rows()
    payload = [
        pl.col("name").str.head(LONGEST_TITLE).alias("name"),
        pl.format("{}/{}", "_batch", "path").alias("path"),
        pl.col("sha256"),
        pl.col("size"),
        pl.lit(mapping.attachments.shared).alias("shared"),
        pl.col("deal_key").alias("deal"),
        pl.col("contact_key").alias("contact"),
    ]
    return intended_rows(attachments, module="files", key="file_key", payload=payload)


def hung_rows(
    activities: pl.DataFrame,
    attachments: pl.DataFrame,
    mapping: Mapping,
    lookups: Lookups,
) -> list[pl.DataFrame]:
    """Intended frames of what hangs on records, in loading order; none where none is."""
    frames = [activity_rows(activities, mapping, lookups), file_rows(attachments, mapping)]
    return [frame for frame in frames if frame.height]
