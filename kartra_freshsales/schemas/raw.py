"""Stage *extract*: raw rows, and lines of which no row could be made.

What does not belong here: the text columns of a raw frame, which differ by file.
"""

import pandera.polars as pa
import polars as pl

from kartra_freshsales.schemas.common import SNAKE_WORD, SourceRow


class RawRows(SourceRow):
    """Rows of one kind as text; every other column is whatever the files have."""


class QuarantinedLines(pa.DataFrameModel):
    """Lines set aside by the reader, with reason, remedy and their text as it stood."""

    batch: str = pa.Field(alias="_batch")
    file: str = pa.Field(alias="_file")
    row: pl.Int64 = pa.Field(alias="_row", ge=1)
    reason: str = pa.Field(str_matches=SNAKE_WORD)
    remedy: str
    raw: str = pa.Field(nullable=True)
