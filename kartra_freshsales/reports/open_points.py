"""What waits for a person: how many records each point touches, where they are listed.

Counted from whatever frames are at hand, over all batches or of one. Not here: the
decisions themselves (``mapping``), what a load could not do (``reconciliation``).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from kartra_freshsales.kartra.model import HARMLESS
from kartra_freshsales.reports.tables import Table, table
from kartra_freshsales.transforms.flags import DUPLICATE

Frames = Mapping[str, pl.DataFrame]
"""Frames by the name of their asset."""
OPEN: dict[str, pl.DataType] = {
    "what": pl.String(),
    "records": pl.Int64(),
    "blocks": pl.Boolean(),
    "sheet": pl.String(),
    "file": pl.String(),
    "do": pl.String(),
}
"""``blocks``: nothing is loaded before it is settled; ``file`` lies in ``reports/``."""
ROWS_NOT_MOVING = "rows_not_moving.csv"
SETTLED_OWNERS = ("matched", "default")
_MOVING = ("loaded", "merged")
_SECOND_GUESS = 2
"""A column has a second proposal only where it looks like one of Kartra's own."""
_HARMLESS = tuple(str(reason) for reason in HARMLESS)


@dataclass(frozen=True)
class _Point:
    """A kind of decision: the frame that tells it, and how to count it there."""

    asset: str
    count: Callable[[pl.DataFrame], int]
    what: str
    sheet: str
    file: str
    do: str
    blocks: bool = False


def _where(condition: pl.Expr) -> Callable[[pl.DataFrame], int]:
    return lambda frame: frame.filter(condition).height


_POINTS = (
    _Point(
        "owner_map",
        _where(~pl.col("status").is_in(SETTLED_OWNERS)),
        "owners without an active user in Freshsales",
        "Owners",
        "owner_queue.csv",
        "Add or reactivate these users in Freshsales, or name others in "
        "mappings/owners.yaml.",
        blocks=True,
    ),
    _Point(
        "file_problems",
        _where(pl.lit(True)),
        "files that could not be used",
        "",
        "problems.csv",
        "Replace or remove these files in inbox/, then run extract again.",
    ),
    _Point(
        "source_rows",
        # A reason is missing where nothing but the state is known.
        _where(
            (pl.col("state") == "quarantined")
            & ~pl.col("reason").fill_null("").is_in(_HARMLESS)
        ),
        "rows that could not be read or placed",
        "Rows not moving",
        ROWS_NOT_MOVING,
        "Correct them in Kartra or in the file and export again, or leave them out.",
    ),
    _Point(
        "word_tables",
        _where(pl.col("means").is_null()),
        "words that no table knows",
        "Value maps",
        "review.xlsx",
        "Say in mappings/ what each means; until then it counts as the safest.",
    ),
    _Point(
        "mapping_proposal",
        _where(pl.col("rank") == _SECOND_GUESS),
        "columns that may be Kartra's own under another name",
        "Mapping",
        "mapping_proposal.csv",
        "Rename the header in the file if it is one; else nothing is to do.",
    ),
    _Point(
        "duplicate_proposals",
        _where(pl.lit(True)),
        "pairs that may be one record",
        "Duplicates",
        "duplicate_proposals.csv",
        "Accept or reject each in mappings/duplicates.yaml; unasked, both stay.",
    ),
    _Point(
        "flagged_contacts",
        _where(pl.col("flag") != DUPLICATE),
        "contacts that may be left out",
        "Suppression",
        "flagged_contacts.csv",
        "Name whole groups under suppress in mappings/source.yaml; unasked, all move.",
    ),
    _Point(
        "records_to_review",
        _where(pl.lit(True)),
        "rows worth a look before the import",
        "Rows to review",
        "records_to_review.csv",
        "Correct them in Kartra and export again, or accept them as they are.",
    ),
    _Point(
        "tag_taxonomy",
        _where(pl.col("similar_to").is_not_null()),
        "tags that may be another tag, misspelt",
        "Tags",
        "tag_taxonomy.csv",
        "Rename or drop them in mappings/tags.yaml; unasked, all are kept.",
    ),
    _Point(
        "totals_compared",
        _where(pl.col("difference") != 0),
        "totals that differ from Kartra's screens",
        "Totals compared",
        "totals_compared.csv",
        "Export what is missing, or correct mappings/totals.yaml.",
    ),
    _Point(
        "export_gaps",
        _where(pl.lit(True)),
        "stretches of days without any transaction",
        "",
        "migration_scope.html",
        "Look whether an export is missing; if so, export these days into a new batch.",
    ),
)


def open_points(frames: Frames, *, batch: str = "") -> pl.DataFrame:
    """What waits for a decision, the most urgent first.

    Args:
        frames: any of ``owner_map, file_problems, source_rows, word_tables,
            mapping_proposal, duplicate_proposals, flagged_contacts, records_to_review,
            tag_taxonomy, totals_compared, export_gaps``; what is missing is passed over.
        batch: count its rows and pairs only. Owners, words, tags and columns are decided
            for all batches together and are counted as they are given.

    Returns:
        ``OPEN``; points that touch nothing are left out.
    """
    rows = [
        (point.what, count, point.blocks, point.sheet, _file(point, batch), point.do)
        for point, count in _counted(frames, batch)
    ]
    return pl.DataFrame(rows, schema=OPEN, orient="row").sort(
        "blocks", descending=True, maintain_order=True
    )


def _counted(frames: Frames, batch: str) -> Iterator[tuple[_Point, int]]:
    for point in _POINTS:
        frame = frames.get(point.asset)
        if frame is None:
            continue
        count = point.count(of_batch(frame, batch) if batch else frame)
        if count:
            yield point, count


def of_batch(frame: pl.DataFrame, batch: str) -> pl.DataFrame:
    """The rows of a frame that are of a batch; all of a frame that knows no batches."""
    for column in ("_batch", "batch"):
        if column in frame.columns:
            return frame.filter(pl.col(column) == batch)
    if "keep_at" in frame.columns:
        place = f"{batch}/"
        both = ("keep_at", "other_at")
        return frame.filter(
            pl.any_horizontal(pl.col(at).str.starts_with(place) for at in both)
        )
    return frame


def _file(point: _Point, batch: str) -> str:
    if point.file != ROWS_NOT_MOVING:
        return point.file
    return f"batches/{batch}/{point.file}" if batch else "rows_not_moving.csv"


def not_moving(source_rows: pl.DataFrame) -> pl.DataFrame:
    """``kind, batch, file, line, state, reason, remedy`` of rows that go no further.

    Rows that became a record, or were merged into one, are not among them.
    """
    return source_rows.filter(~pl.col("state").is_in(_MOVING)).select(
        pl.col("_kind").alias("kind"),
        pl.col("_batch").alias("batch"),
        pl.col("_file").alias("file"),
        pl.col("_row").alias("line"),
        "state",
        pl.col("reason").str.replace_all("_", " "),
        "remedy",
    )


def open_table(points: pl.DataFrame) -> Table:
    """The points for people: what, how many, whether it holds the load up, where, what."""
    headings = {
        "records": "how many",
        "what": "what",
        "blocks": "the load waits for it",
        "file": "listed in reports/",
        "do": "what to do",
    }
    return table(
        points, headings, caption="What waits for a decision", empty="Nothing waits."
    )
