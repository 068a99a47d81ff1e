"""Pandera schemas as rules. Failing values stay out: they are people's data.

Not here: the schemas (``kartra_freshsales.schemas``).
"""

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from kartra_freshsales.orchestration.checks.verdicts import (
    SHOWN,
    Frames,
    Rule,
    Verdict,
    places,
)

Schema = pa.DataFrameSchema | type[pa.DataFrameModel]

_REMEDY = (
    "The frame has not the shape its stage promises. If the export has changed, look at "
    "its columns in export_columns; otherwise report the columns named here."
)
_NAMES_A_COLUMN = ("column_in_dataframe", "column_in_schema")


def conforms(asset: str, schema: Schema) -> Rule:
    """The frame of ``asset`` has the columns, types and value rules of ``schema``.

    Counts failures per column and rule. The frame is collected before it is judged: of a
    lazy frame pandera looks at names and types only and lets bad rows pass.
    """

    def rule(frames: Frames) -> Verdict:
        frame = frames[asset]
        try:
            schema.validate(frame, lazy=True)
        except SchemaErrors as errors:
            return _verdict(frame, errors)
        return Verdict(0, {"rows": frame.height})

    return rule


def _verdict(frame: pl.DataFrame, errors: SchemaErrors) -> Verdict:
    cases = pl.DataFrame(errors.failure_cases).select(
        # A missing column stands where values stand otherwise; its name is ours to show.
        pl.when(pl.col("check").is_in(_NAMES_A_COLUMN))
        .then("failure_case")
        .otherwise("column")
        .alias("column"),
        "check",
        pl.col("index").cast(pl.Int64),
    )
    broken = cases.group_by("column", "check").len().sort("len", "column", descending=True)
    counts = {
        f"{column}: {check.partition('(')[0]}": int(times)
        for column, check, times in broken.head(SHOWN).iter_rows()
    }
    rows = cases["index"].drop_nulls().unique().sort()
    return Verdict(
        cases.height, {"rows": frame.height, **counts}, places(frame[rows]), _REMEDY
    )
