"""Tags and lists that do not arrive under the name they have in the export (S45, S50).

Not here: deciding it (``building.labels``), the tags as they are (``transforms``).
"""

import polars as pl

from kartra_freshsales.mapping.building.labels import list_changes, tag_changes
from kartra_freshsales.mapping.model import Mapping


def label_changes(contacts: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    """``kind, name, becomes, reason, contacts``; ``becomes`` is null for what is dropped.

    Args:
        contacts: golden contacts.
        mapping: the decisions.
    """
    found = []
    for kind, changes in (
        ("tag", tag_changes(contacts, mapping.tags)),
        ("list", list_changes(contacts, mapping.lists)),
    ):
        found.append(changes.select(pl.lit(kind).alias("kind"), pl.all()))
    return pl.concat(found)
