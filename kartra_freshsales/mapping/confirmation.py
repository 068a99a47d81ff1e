"""What a person confirms when they confirm a map, as one digest (S17, G15).

Not here: who confirmed it and when (the ledger's job).
"""

from collections.abc import Mapping as Table

from kartra_freshsales.mapping.coverage import coverage
from kartra_freshsales.mapping.model import Mapping, sha256_of


def confirmation_digest(mapping: Mapping, columns_by_kind: Table[str, list[str]]) -> str:
    """SHA-256 of every decision and of what it decides for every column.

    A changed decision, a new column or another target changes it; the order of files and
    columns does not.

    Raises:
        MappingError: a column has no decision, so there is nothing to confirm yet.
    """
    table = coverage(columns_by_kind, mapping).sort("kind", "column")
    return sha256_of({"decisions": mapping.digest(), "columns": table.rows()})
