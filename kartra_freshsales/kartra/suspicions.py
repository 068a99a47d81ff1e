"""Cells that may have swallowed records: right by the rules, wrong to the eye.

What does not belong here: marks that are misplaced for certain (``repair``).
"""

import polars as pl

from kartra_freshsales.kartra.model import Dialect, Table


def suspicions(table: Table, dialect: Dialect) -> list[str]:
    """A warning if cells span lines that are as wide as the header."""
    found: list[int] = []
    needed = len(dialect.header) - 1
    for name in table.multi_line:
        cell = pl.col(name)
        lines = (
            table.rows.select("_row", cell)
            .filter(cell.str.contains("\n", literal=True))
            .with_columns(cell.str.split("\n"))
            .explode(name)
        )
        like = cell.str.count_matches(dialect.delimiter, literal=True) >= needed
        found += lines.filter(like)["_row"].unique().to_list()
    if not found:
        return []
    note = (
        f"{len(found)} cell(s) span lines that look like records of their own, the first "
        f"in the record of line {min(found)}; look for a quotation mark left open."
    )
    return [note]
