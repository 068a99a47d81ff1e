"""What every stretch of a file goes through on its way to the rows; facts gather meanwhile.

Headers and footers apart, a spreadsheet's damage looked for, columns named. What does not
belong here: reading stretches (``paths``), keeping rows (``keeping``), facts (``export``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

import polars as pl

from kartra_freshsales.kartra.columns import (
    CURRENCY,
    ColumnName,
    canonical_columns,
    file_currency,
)
from kartra_freshsales.kartra.damage import KEYS, Damage
from kartra_freshsales.kartra.kinds import ExportKind
from kartra_freshsales.kartra.model import Dialect, Reason, Rejected, Table
from kartra_freshsales.kartra.sections import Sections, set_aside
from kartra_freshsales.kartra.suspicions import Suspicions


class Passage:
    """One way through one file, from its first stretch to its last.

    Args:
        dialect: as sniffed.
        origin: ``_batch`` and ``_file`` of every row.
        moment: ``_exported_at`` of every row.
        lines: the row of a sheet for every line; None where lines are the file's own.
    """

    def __init__(
        self,
        dialect: Dialect,
        origin: tuple[str, str],
        moment: datetime | None,
        lines: Sequence[int] | None,
    ) -> None:
        self.kind = dialect.kind
        self.columns = canonical_columns(dialect.kind, dialect.header)
        self.lines = lines
        self.rejected: tuple[Rejected, ...] = ()
        self.warnings: list[str] = []
        self.row_count = 0
        self._first = self._last = ""
        self._nameless = {c.name for c in self.columns if not c.original}
        self._sections = Sections(dialect)
        self._suspicions = Suspicions(dialect)
        self._damage = Damage([c.name for c in self.columns], dialect.kind)
        self._added = self._provenance(origin, moment)

    @property
    def schema(self) -> pl.Schema:
        """Columns of the rows and their types."""
        return pl.DataFrame(schema=self._text_schema()).select(self._given()).schema

    @property
    def kept_columns(self) -> list[ColumnName]:
        """The columns but for those with neither header nor any value."""
        return [column for column in self.columns if column.name not in self._nameless]

    @property
    def keys(self) -> tuple[str, str]:
        """The ids of the first and the last row; an address is never taken."""
        return self._first, self._last

    def rows(self, tables: Iterator[Table]) -> Iterator[pl.DataFrame]:
        """The rows of each stretch under their names, with where they come from."""
        names = {f"c{at}": column.name for at, column in enumerate(self.columns)}
        rejected: list[Rejected] = []
        for table in self._sections.apart(tables):
            self.warnings += table.warnings
            self._suspicions.look(table)
            named = table.rows.rename(names)
            mangled = self._damage.look(named, table.lacks)
            if mangled:
                table = set_aside(table, dict.fromkeys(mangled, Reason.MANGLED_KEY))  # noqa: PLW2901
                named = table.rows.rename(names)
            rejected += table.rejected
            self._note(named)
            yield named.select(self._given())
        self.rejected = self._sections.settled(rejected)
        if self.lines is not None:
            lines = self.lines
            self.rejected = tuple(
                replace(each, row=lines[each.row - 1]) for each in self.rejected
            )
        self.warnings += self._suspicions.warnings()

    def damage(self) -> list[str]:
        """Warnings of what a spreadsheet damaged."""
        return self._damage.warnings()

    def _note(self, named: pl.DataFrame) -> None:
        if named.is_empty():
            return
        self.row_count += named.height
        for name in tuple(self._nameless):
            if named[name].str.strip_chars().ne("").any():
                self._nameless.discard(name)
        own = KEYS.get(self.kind, ("kartra_id",))[0]
        if own in named.columns:
            self._first = self._first or str(named[own][0]).strip()
            self._last = str(named[own][-1]).strip()

    def _text_schema(self) -> dict[str, type[pl.DataType]]:
        return {**{c.name: pl.String for c in self.columns}, "_row": pl.Int64}

    def _given(self) -> list[pl.Expr]:
        return [*(pl.col(column.name) for column in self.columns), *self._added]

    def _provenance(
        self, origin: tuple[str, str], moment: datetime | None
    ) -> list[pl.Expr]:
        currency = pl.lit(file_currency(self.columns), dtype=pl.String).alias(CURRENCY)
        row = pl.col("_row")
        if self.lines is not None:
            # Rows of a sheet under its own numbers instead of the lines we wrote it in.
            row = (
                pl.lit(pl.Series(self.lines, dtype=pl.Int64)).gather(row - 1).alias("_row")
            )
        return [
            *(() if self.kind is ExportKind.CONTACTS else (currency,)),
            pl.lit(origin[0]).alias("_batch"),
            pl.lit(origin[1]).alias("_file"),
            row,
            pl.lit(moment, dtype=pl.Datetime("us", "UTC")).alias("_exported_at"),
        ]
