"""Documents and times in the form the ledger keeps and hashes them."""

import hashlib
import json
from datetime import UTC, datetime

from kartra_freshsales.ledger.records import Json

# Made once: a load spells nine documents a record.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def canonical(document: object) -> str:
    """JSON with one spelling only: sorted keys, no spaces, ASCII."""
    return _ENCODER.encode(document)


def digest(document: object) -> str:
    """SHA-256 of the canonical text, as hex."""
    return hashlib.sha256(canonical(document).encode()).hexdigest()


def from_text(text: str | None) -> Json:
    """A stored document; nothing stored is an empty one."""
    loaded: Json = json.loads(text) if text else {}
    return loaded


def from_us(microseconds: int) -> datetime:
    """A stored time."""
    seconds, rest = divmod(microseconds, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)
