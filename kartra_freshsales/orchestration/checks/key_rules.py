"""Rules about keys: each one once, each reference answered, no row lost or invented.

Not here: which frames they are asked of (``all_checks``).
"""

from collections.abc import Mapping

import polars as pl

from kartra_freshsales.orchestration.checks.verdicts import Frames, Rule, Verdict, places

ROW = ("_batch", "_file", "_row")
_CONSERVED = (
    "Materialize the frames named here again, all of them in one run. If the counts stay, "
    "do not load this batch and report them: a row must never end in none or in two places."
)


def unique_keys(asset: str, *key: str) -> Rule:
    """No two rows of ``asset`` share ``key``, and none lacks it."""

    def rule(frames: Frames) -> Verdict:
        frame = frames[asset]
        lacks = pl.any_horizontal(pl.col(name).is_null() for name in key)
        lacking = frame.filter(lacks)
        repeated = frame.filter(~lacks & pl.struct(key).is_duplicated())
        counts = {
            "rows": frame.height,
            "repeated": repeated.height,
            "without a key": lacking.height,
        }
        return Verdict(
            repeated.height + lacking.height,
            counts,
            places(pl.concat([repeated, lacking])),
            f"{asset} must have one row per {' and '.join(key)}. Materialize it and its "
            "parents again; if the counts stay, report them.",
        )

    return rule


def references_resolve(
    child: str, parent: str, key: str, *, required: bool = False
) -> Rule:
    """Every ``key`` of ``child`` names a row of ``parent``; ``required``: none is blank."""

    def rule(frames: Frames) -> Verdict:
        rows = frames[child]
        blank = rows.filter(pl.col(key).is_null())
        astray = rows.filter(pl.col(key).is_not_null()).join(
            frames[parent], on=key, how="anti"
        )
        broken = pl.concat([astray, blank]) if required else astray
        counts = {
            "references": rows.height - blank.height,
            "astray": astray.height,
            "blank": blank.height,
        }
        return Verdict(
            broken.height,
            counts,
            places(broken),
            f"{child} and {parent} differ in age: materialize both again in one run.",
        )

    return rule


def conserved(
    came: Mapping[str, pl.DataFrame], went: Mapping[str, pl.DataFrame]
) -> Verdict:
    """Every row that was read ended exactly once, and nothing else did.

    A file belongs to one kind, so batch, file and line name a row among all kinds.

    Args:
        came: the rows that were read, by the asset that holds them.
        went: where they ended, by the asset that holds them.
    """
    marked = [
        frame.lazy().select(
            *ROW, pl.lit(read).alias("_read"), pl.lit(1 - read).alias("_ended")
        )
        for read, frames in ((1, came), (0, went))
        for frame in frames.values()
    ]
    broken = (
        pl.concat(marked)
        .group_by(ROW)
        .agg(pl.col("_read", "_ended").sum())
        .filter((pl.col("_read") != 1) | (pl.col("_ended") != 1))
        .sort(ROW)
        .collect(engine="streaming")
    )
    lost = (pl.col("_read") > 0) & (pl.col("_ended") == 0)
    counts = {
        **{name: frame.height for name, frame in {**came, **went}.items()},
        "lost": broken.filter(lost).height,
        "from nowhere": broken.filter(pl.col("_read") == 0).height,
        "more than once": broken.filter(~lost & (pl.col("_read") > 0)).height,
    }
    return Verdict(broken.height, counts, places(broken), _CONSERVED)


def rows_conserved(came: tuple[str, ...], went: tuple[str, ...]) -> Rule:
    """``conserved`` over frames named by their assets."""

    def rule(frames: Frames) -> Verdict:
        return conserved(
            {name: frames[name] for name in came}, {name: frames[name] for name in went}
        )

    return rule
