"""``activities.yaml`` and ``attachments.yaml``.

Not here: which calls carry them out (``loading``).
"""

from typing import Literal

from pydantic import Field

from kartra_freshsales.mapping.decisions.base import Decisions

KINDS = ("call", "email", "meeting", "task")
Kind = Literal["call", "email", "meeting", "task"]

APPOINTMENT, TASK = "appointment", "task"
"""Targets that are kinds of records of their own; any other is a sales activity's type."""


_TARGETS: dict[Kind, str] = {
    "call": "Phone",
    "email": "Email",
    "meeting": APPOINTMENT,
    "task": TASK,
}


class Activities(Decisions):
    """What calls, e-mails, meetings and tasks become.

    ``targets`` names per kind ``appointment``, ``task``, or the type of a sales activity as
    it stands in the account.
    """

    treatment: Literal["own_records", "folded_note", "none"] = Field(
        default="own_records", alias="as"
    )
    targets: dict[Kind, str] = Field(default_factory=lambda: dict(_TARGETS))
    tasks_are_done: bool = True


class Attachments(Decisions):
    """Whether files go along, how large they may be, and the room there is for them.

    ``storage_gb`` is the account's room where its contract has another than the plan's.
    """

    load: bool = True
    largest_mb: int = Field(default=150, ge=1, le=150)
    storage_gb: float | None = Field(default=None, ge=0)
    shared: bool = False
