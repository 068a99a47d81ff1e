"""The one partition dimension: extraction batches. Keys are never deleted."""

import re

from dagster import DynamicPartitionsDefinition

from kartra_freshsales.errors import BadInput

BATCHES = DynamicPartitionsDefinition(name="extraction_batch")
_KEY = re.compile(r"^[a-z0-9][a-z0-9_-]{0,62}$")


def checked_batch_key(key: str) -> str:
    """Return ``key``, or raise ``BadInput`` where it cannot name a batch."""
    if not _KEY.fullmatch(key):
        raise BadInput(
            f"{key!r} cannot name a batch.",
            remedy="Rename the folder: a-z, 0-9, '-' and '_', at most 63 characters.",
        )
    return key
