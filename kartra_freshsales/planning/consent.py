"""Consent as the destination keeps it, ordered by how much it allows (G10).

A load may leave it as it is or make it more restrictive; nothing here ever raises it.
Not here: how Kartra's words become a state (``mapping``).
"""

from collections.abc import Mapping

STATUS, TYPES = "subscription_status", "subscription_types"
CONSENT_KEYS = frozenset({STATUS, TYPES})

_ALLOWS: Mapping[str, int] = {"1": 2, "2": 1, "0": 0, "3": 0, "4": 0}
"""1 subscribed, 2 not subscribed; 0 unsubscribed, 3 reported as spam, 4 bounced."""
_UNKNOWN = 1


def permission(status: object) -> int:
    """How much a status allows: 2 mails, 1 nothing was ever said, 0 refused.

    A blank or unknown status counts as "nothing was said": it is no consent.
    """
    return _ALLOWS.get(str(status).strip(), _UNKNOWN)


def raises(key: str, intended: object, standing: object) -> bool:
    """Whether writing ``intended`` over ``standing`` would allow more than before."""
    if key == TYPES:
        return not _types(intended) <= _types(standing)
    return permission(intended) > permission(standing)


def lowers(key: str, intended: object, standing: object) -> bool:
    """Whether writing ``intended`` over ``standing`` would allow less than before."""
    if key == TYPES:
        return _types(intended) < _types(standing)
    return permission(intended) < permission(standing)


def _types(value: object) -> set[str]:
    items = value if isinstance(value, list) else str(value or "").split(";")
    return {text for text in (str(item).strip() for item in items) if text}
