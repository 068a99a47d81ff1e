"""A planned record on its way, and what the ledger knows of its module.

Not here: results (``results``), deciding what is sent (``checks``).
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from sys import intern

import polars as pl

from kartra_freshsales.freshsales.comparison import same
from kartra_freshsales.freshsales.records import Json
from kartra_freshsales.ledger.states import IdentityState, Origin
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales.loading.pages import natural_key
from kartra_freshsales.planning.existing import payload_hash

LINKS = {"sales_account": "sales_account_ids", "contact": "contact_ids"}
"""A link's key in a payload → where its ids are read back."""


@dataclass(slots=True)
class Item:
    """One row of a plan. ``sent`` is what goes out, links resolved to ids.

    A plan may have half a million rows: the payload stays in it (``payloads``), ``record``
    is decoded whenever it is asked for, and creates have their ``sent`` only while they are
    on their way (``checks.Filling``).
    ``attempts`` counts calls that left no trace of it; ``remark`` is a reason to report
    although it arrived. ``theirs`` is what we last saw in fields that people have changed
    since: reading the record again must not make their work look like ours.
    """

    at: int
    module: str
    source_key: str
    batch: str
    role: str
    operation: str
    fields: tuple[str, ...]
    payloads: pl.Series = field(repr=False)
    freshsales_id: int | None
    reason: str | None
    remedy: str | None
    sent: Json = field(default_factory=dict, repr=False)
    pre_image: Json | None = field(default=None, repr=False)
    theirs: Json = field(default_factory=dict, repr=False)
    attempts: int = 0
    remark: str | None = None
    key: str | None = field(default=None, repr=False)

    @property
    def payload(self) -> str:
        """JSON text, as it was approved."""
        return str(self.payloads[self.at] or "{}")

    @property
    def record(self) -> Json:
        """The payload; its null values mean "absent" and are left out."""
        return {k: v for k, v in json.loads(self.payload).items() if v is not None}

    @property
    def creates(self) -> bool:
        """Whether a new record is wanted."""
        return self.operation == "create"

    @property
    def digest(self) -> str:
        """The hash of the approved payload, as planning knows it."""
        return payload_hash(self.payload)

    def natural_key(self, endpoint: str) -> str | None:
        """What the destination recognises the record by; worked out once."""
        if self.key is None:
            self.key = natural_key(endpoint, self.record)
        return self.key


_COLUMNS = ("module", "source_key", "batch", "role", "operation", "fields",
            "freshsales_id", "reason", "remedy")  # fmt: skip


def items_of(plan: pl.DataFrame) -> Iterator[Item]:
    """Rows of a plan."""
    payloads = plan["payload"].rechunk()
    lists: dict[tuple[str, ...], tuple[str, ...]] = {}
    for at, row in enumerate(plan.select(_COLUMNS).iter_rows()):
        module, key, batch, role, operation, fields, number, reason, remedy = row
        named = tuple(fields or ())
        yield Item(
            at, intern(module), key, intern(batch), intern(role), intern(operation),
            lists.setdefault(named, named), payloads, number,
            reason and intern(reason), remedy and intern(remedy),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class KnownRecord:
    """What the ledger knows of one source record."""

    freshsales_id: int
    origin: Origin
    written: Json
    seen: Json
    payload_hash: str
    batch: str
    state: IdentityState

    @property
    def live(self) -> bool:
        """Whether the record stands, as far as we know."""
        return self.state is IdentityState.LIVE


class Known:
    """Identities of one module, decoded when asked for."""

    def __init__(self, frame: pl.DataFrame) -> None:
        columns = ("freshsales_id", "origin", "written", "seen", "payload_hash", "batch",
                   "state")  # fmt: skip
        self._at = {key: at for at, key in enumerate(frame["source_key"])}
        self._rows = frame.select(columns).rechunk()

    @classmethod
    def read(cls, ledger: Ledger, module: str, keys: Collection[str]) -> "Known":
        """Identities of the given source keys."""
        wanted = pl.DataFrame({"source_key": list(keys)}, schema={"source_key": pl.String})
        return cls(ledger.identities([module]).join(wanted, on="source_key", how="semi"))

    def get(self, source_key: str) -> KnownRecord | None:
        """What is known of a record, whether it still stands or not."""
        at = self._at.get(source_key)
        if at is None:
            return None
        number, origin, written, seen, hashed, batch, state = self._rows.row(at)
        return KnownRecord(
            freshsales_id=number,
            origin=Origin(origin),
            written=json.loads(written or "{}"),
            seen=json.loads(seen or "{}"),
            payload_hash=hashed,
            batch=batch,
            state=IdentityState(state),
        )

    def live(self, source_key: str) -> KnownRecord | None:
        """What is known of a record that stands."""
        found = self.get(source_key)
        return found if found is not None and found.live else None


def holds(key: str, value: object, standing: Mapping[str, object]) -> bool:
    """Whether a record as read holds a value as sent; links by id."""
    read_key = LINKS.get(key)
    if read_key is None:
        return same(key, value, standing.get(key)).equal
    ids = standing.get(read_key)
    return isinstance(ids, list) and value in ids


def before(sent: Json, standing: Json) -> Json:
    """The pre-image: what stands now under every key that will be written."""
    keys = (LINKS.get(key, key) for key in sent)
    return {key: standing.get(key) for key in keys}


def text(record: object) -> str:
    """JSON as it stands in results."""
    return json.dumps(record, ensure_ascii=False)
