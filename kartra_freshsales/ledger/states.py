"""States and operations of the ledger, and the one table of allowed transitions.

Not here: storage. Nothing else in the package decides which state may follow which.
"""

from collections.abc import Mapping
from enum import StrEnum

from kartra_freshsales.errors import IntegrityError


class Operation(StrEnum):
    """What an intent asks the destination to do."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    RESTORE = "restore"
    ADD_MEMBER = "add_member"
    REMOVE_MEMBER = "remove_member"
    CREATE_LIST = "create_list"
    CREATE_NOTE = "create_note"
    CREATE_FIELD = "create_field"
    UPLOAD = "upload"


class IntentState(StrEnum):
    """``planned → sent → confirmed | failed | unknown → resolved``; see ``TRANSITIONS``."""

    PLANNED = "planned"
    SENT = "sent"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    RESOLVED = "resolved"


class IdentityState(StrEnum):
    """Whether the record behind an identity still stands."""

    LIVE = "live"
    ROLLED_BACK = "rolled_back"
    LOST = "lost"


class Origin(StrEnum):
    """How a record became ours."""

    CREATED = "created"
    UPDATED = "updated"
    ADOPTED = "adopted"


class JobState(StrEnum):
    """A bulk job, as far as we have followed it."""

    OPEN = "open"
    DONE = "done"
    GIVEN_UP = "given_up"


TRANSITIONS: Mapping[IntentState, frozenset[IntentState]] = {
    # A planned intent that never left (crash, refused before sending) ends as failed.
    IntentState.PLANNED: frozenset({IntentState.SENT, IntentState.FAILED}),
    IntentState.SENT: frozenset(
        {IntentState.CONFIRMED, IntentState.FAILED, IntentState.UNKNOWN}
    ),
    # Reading settles an unknown outcome: it was carried out, it was not, or it no longer
    # matters because the destination holds what was wanted.
    IntentState.UNKNOWN: frozenset(
        {IntentState.RESOLVED, IntentState.CONFIRMED, IntentState.FAILED}
    ),
    IntentState.CONFIRMED: frozenset(),
    IntentState.FAILED: frozenset(),
    IntentState.RESOLVED: frozenset(),
}

UNSETTLED = frozenset({IntentState.SENT, IntentState.UNKNOWN})
"""The destination may or may not have carried these out: read before going on."""

OPEN = UNSETTLED | {IntentState.PLANNED}
"""Nothing final is known of these. Planned ones never left: ``sent`` is noted first."""


def check_transition(intent_id: int, before: IntentState, after: IntentState) -> None:
    """Raise ``IntegrityError`` unless ``after`` may follow ``before``."""
    if after not in TRANSITIONS[before]:
        raise IntegrityError(
            f"Intent {intent_id} cannot go from {before} to {after}.",
            remedy="Another run may have settled it: start again, which reads first.",
        )
