"""Cells that may have swallowed records: right by the rules, wrong to the eye.

What does not belong here: marks that are misplaced for certain (``repair``).
"""

import polars as pl

from kartra_freshsales.kartra.model import Dialect, Table


class Suspicions:
    """Cells that span lines which are as wide as the header, over all stretches."""

    def __init__(self, dialect: Dialect) -> None:
        self.delimiter = dialect.delimiter
        self.needed = len(dialect.header) - 1
        self.found = 0
        self.first = 0

    def look(self, table: Table) -> None:
        """Look through one stretch."""
        for name in table.multi_line:
            cell = pl.col(name)
            lines = (
                table.rows.select("_row", cell)
                .filter(cell.str.len_bytes() > self.needed)
                .filter(self._may_hold_a_record(cell))
                .with_columns(cell.str.split("\n"))
                .explode(name)
            )
            like = cell.str.count_matches(self.delimiter, literal=True) >= self.needed
            rows = lines.filter(like)["_row"].unique()
            if len(rows):
                self.found += len(rows)
                first = int(rows.min())  # type: ignore[arg-type]
                self.first = min(self.first or first, first)

    def _may_hold_a_record(self, cell: pl.Expr) -> pl.Expr:
        wide = cell.str.count_matches(self.delimiter, literal=True) >= self.needed
        return cell.str.contains("\n", literal=True) & wide

    def warnings(self) -> list[str]:
        """A warning if there are any."""
        if not self.found:
            return []
        note = (
            f"{self.found} cell(s) span lines that look like records of their own, the "
            f"first in the record of line {self.first}; look for a quotation mark left "
            "open."
        )
        return [note]
