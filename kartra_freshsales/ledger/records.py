"""What goes into the ledger and comes out of it: plain frozen dataclasses.

Not here: tables and queries. Flat records in ``payload``, ``pre_image``, ``written`` and
``seen`` hold personal data: they never go into logs or messages.
"""

from dataclasses import dataclass, field
from datetime import datetime

from kartra_freshsales.ledger.states import (
    IdentityState,
    IntentState,
    JobState,
    Operation,
    Origin,
)

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Identity:
    """One source record and the Freshsales record it became.

    ``written`` is the flat record as we last sent it, ids resolved; ``seen`` is what the
    destination read back afterwards.
    """

    module: str
    source_key: str
    freshsales_id: int
    origin: Origin
    written: Json = field(default_factory=dict)
    seen: Json = field(default_factory=dict)
    payload_hash: str = ""
    batch: str = ""
    state: IdentityState = IdentityState.LIVE


@dataclass(frozen=True, slots=True)
class NewIntent:
    """A write about to happen, with its way back. ``group`` is the request it rides in."""

    operation: Operation
    module: str
    source_key: str
    payload_digest: str
    payload: Json
    pre_image: Json | None = None
    way_back: str = ""
    group: str = ""
    batch: str = ""


@dataclass(frozen=True, slots=True)
class Intent:
    """A committed intent and where it stands."""

    id: int
    run: str
    operation: Operation
    module: str
    source_key: str
    payload_digest: str
    payload: Json
    pre_image: Json | None
    way_back: str
    group: str
    batch: str
    state: IntentState
    detail: str | None
    freshsales_id: int | None
    planned_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class IntentChange:
    """A step of one intent. A given ``freshsales_id`` stays; ``detail`` is replaced."""

    intent_id: int
    state: IntentState
    detail: str | None = None
    freshsales_id: int | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """Who agreed to what, and when. The digest is of the thing agreed to."""

    kind: str
    subject: str
    digest: str
    approved_by: str
    run: str
    at: datetime
    host: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A bulk job the destination runs for one group of intents."""

    job_id: str
    group: str
    module: str
    run: str = ""
    state: JobState = JobState.OPEN
    polls: int = 0


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field people changed at the destination while the source changed too."""

    module: str
    source_key: str
    field: str
    source: str | None
    written: str | None
    destination: str | None
    resolution: str = ""
    run: str = ""


@dataclass(frozen=True, slots=True)
class ChainReport:
    """Whether the append-only record is whole. ``broken_at`` is the first bad id.

    ``intents`` and ``events`` say how many rows were checked before the verdict.
    """

    intact: bool
    intents: int
    events: int
    broken_at: int | None = None
    reason: str = ""
