"""Rules of the first stages: files and lines that were read, rows that were set aside.

Not here: keys and references (``key_rules``), shapes (``shape_rules``).
"""

import polars as pl

from kartra_freshsales.kartra.columns import PROVENANCE
from kartra_freshsales.kartra.model import HARMLESS, Reason
from kartra_freshsales.orchestration.checks.verdicts import (
    SHOWN,
    Frames,
    Rule,
    Verdict,
    counts_of,
    places,
)

_SET_ASIDE = ("excluded", "suppressed", "quarantined")


def every_line_is_one_row_of_text(asset: str) -> Rule:
    """Raw cells are text whatever they hold, and each line of a file is there once."""

    def rule(frames: Frames) -> Verdict:
        frame = frames[asset]
        typed = [
            name
            for name, dtype in frame.schema.items()
            if dtype != pl.String and name not in PROVENANCE
        ]
        repeated = frame.filter(pl.struct("_batch", "_file", "_row").is_duplicated())
        counts = {
            "rows": frame.height,
            "columns": frame.width,
            "columns that are no text": len(typed),
            "lines read twice": repeated.height,
        }
        return Verdict(
            len(typed) + repeated.height,
            counts,
            [*typed, *places(repeated)],
            "Read the batch again (job extract); if this stays, report what is named here.",
        )

    return rule


def every_line_was_read(asset: str) -> Rule:
    """No line was quarantined because it could not be read; counts by reason."""

    def rule(frames: Frames) -> Verdict:
        rows = frames[asset]
        bad = rows.filter(~pl.col("reason").is_in([str(reason) for reason in HARMLESS]))
        return Verdict(
            bad.height,
            counts_of(rows, "reason", [str(reason) for reason in Reason]),
            places(bad),
            f"Correct these lines in the file, or export it again, then run extract. Each "
            f"line's own remedy stands in {asset}. What can be read goes on without them.",
        )

    return rule


def some_line_was_read(raw: str, quarantined: str) -> Rule:
    """Not everything of an export is unreadable: that is no damage but the wrong file."""

    def rule(frames: Frames) -> Verdict:
        unread = frames[quarantined]
        lost = unread.height if frames[raw].is_empty() else 0
        return Verdict(
            lost,
            {"rows": frames[raw].height, "unreadable": unread.height},
            places(unread) if lost else (),
            "Not one line of these files could be read. Export them again from Kartra, put "
            "them into the batch's folder instead of the old ones, then run extract again.",
        )

    return rule


def every_file_is_usable(frames: Frames) -> Verdict:
    """Each file of the batch is an export that could be read; names those that are not."""
    problems = frames["file_problems"]
    where = problems.head(SHOWN).select(
        pl.format("{}/{}: {} {}", "_batch", "_file", "what", "remedy")
    )
    return Verdict(
        problems.height,
        {"files": problems.height},
        where.to_series().to_list(),
        "Replace or remove these files in inbox/<batch>/, then run extract again. The rest "
        "of the batch goes on without them.",
    )


def set_aside_by_rule(kind: str) -> Rule:
    """How many rows go no further, by state and reason. Informs; never fails."""

    def rule(frames: Frames) -> Verdict:
        aside = frames[f"set_aside_{kind}"]
        states = counts_of(aside, "state", _SET_ASIDE)
        reasons = {f"because {k}": n for k, n in counts_of(aside, "reason").items()}
        counts = {"went on": frames[f"cleaned_{kind}"].height, **states, **reasons}
        return Verdict(0, counts, places(aside))

    return rule
