"""What a rollback speaks of: the selection, and one undo per record, note and list.

Plain frozen values. How they are folded out of the ledger stands in ``rollback_scope``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.ledger.records import Intent, Json
from kartra_freshsales.ledger.states import IdentityState, Operation

_LINKS = {"sales_account": "sales_account_ids", "contact": "contact_ids"}

UNDO_GROUP = "undo:"
"""How the names of an undo's request groups start; its writes are told by that."""


def undoing(intent: Intent) -> bool:
    """Whether a rollback planned this write; its payload names what it takes back."""
    return intent.group.startswith(UNDO_GROUP)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which intents are to be taken back; what is not given is not asked for."""

    batch: str | None = None
    run: str | None = None
    module: str | None = None
    keys: frozenset[str] | None = None
    intents: frozenset[int] | None = None

    def covers(self, intent: Intent) -> bool:
        """Whether the whole intent is meant; a note goes by its contact's key, too."""
        own = {intent.source_key, contact_key(intent.source_key)}
        return (
            (self.batch is None or intent.batch == self.batch)
            and (self.run is None or intent.run == self.run)
            and (self.module is None or str(intent.module) == self.module)
            and (self.keys is None or bool(own & self.keys))
            and (self.intents is None or intent.id in self.intents)
        )

    def without_keys(self) -> "Selection":
        """The same, whatever the record: who is on a list is told by ids."""
        return Selection(self.batch, self.run, self.module, None, self.intents)


@dataclass(frozen=True, slots=True)
class RecordUndo:
    """One record of ours. ``fields`` is what stood before, keys as they are read.

    ``later`` are fields that a live intent outside the selection wrote last, ``foreign``
    says that such intents exist at all: the record is not only the selection's.
    ``aliases`` are other identities of the same record: a lead that became a contact.
    """

    module: str
    source_key: str
    freshsales_id: int
    endpoint: str
    batch: str
    created: bool
    seen: Json
    written: Json
    fields: Json
    later: frozenset[str]
    foreign: bool
    undoes: tuple[int, ...]
    aliases: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class NoteUndo:
    """One note of ours and the record it hangs on.

    ``description`` is what we wrote last. ``before`` is the text to write back; ``None``
    deletes the note. ``foreign`` says that loads outside the selection wrote it, too, and
    ``later`` that theirs is the last word.
    """

    source_key: str
    note_id: int
    parent_endpoint: str
    parent_id: int
    description: str
    before: str | None
    foreign: bool
    later: bool
    batch: str
    undoes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ActivityUndo:
    """One activity of ours: which record it is, and the words it was made with.

    ``route`` is the call that reads and deletes it. It goes whole: none is ever rewritten.
    """

    source_key: str
    route: str
    activity_id: int
    parent_endpoint: str
    parent_id: int
    written: Json
    batch: str
    undoes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ListUndo:
    """Members that were not on the list before us and that nobody else claims."""

    name: str
    list_id: int
    ids: tuple[int, ...]
    batch: str
    undoes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """Everything a selection can take back. ``ours`` are (endpoint, id) of live records.

    ``since`` is a time before which nothing of ours was written, ``files`` the number of
    uploads that no call takes back.
    """

    records: tuple[RecordUndo, ...] = ()
    notes: tuple[NoteUndo, ...] = ()
    activities: tuple[ActivityUndo, ...] = ()
    lists: tuple[ListUndo, ...] = ()
    files: int = 0
    ours: frozenset[tuple[str, int]] = frozenset()
    since: datetime | None = None
    left_behind: frozenset[Operation] = frozenset()
    emptied: int = 0
    states: Mapping[tuple[str, str], IdentityState] = field(default_factory=dict)
    seen: Mapping[tuple[str, str], Json] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Nothing of ours is in the selection."""
        return not (self.records or self.notes or self.activities or self.lists)


def contact_key(source_key: str) -> str:
    """The contact a note's source key speaks of; other keys are themselves."""
    return source_key.removeprefix("note:").partition("#")[0]


@dataclass(frozen=True)
class Known:
    """Identities by key, and the ids symbolic keys stand for."""

    rows: dict[tuple[str, str], dict[str, Any]]
    edition: str

    def endpoint(self, module: str) -> str:
        """Where a module's records live."""
        return Module(module).endpoint_in(self.edition)

    def ids_of(self, module: Module) -> frozenset[int]:
        """Ids of a module's records, whether they still stand or not."""
        rows = (row for (name, _), row in self.rows.items() if name == str(module))
        return frozenset(int(str(row["freshsales_id"])) for row in rows)

    def converted(self) -> dict[tuple[str, int], tuple[str, int]]:
        """Place of a lead that people converted → place of the contact it became."""
        found = {}
        for (module, key), row in self.rows.items():
            contact = self.rows.get((str(Module.CONTACTS), key))
            lost = module == str(Module.LEADS) and row["state"] == IdentityState.LOST
            if lost and contact is not None and contact["state"] == IdentityState.LIVE:
                was = self.endpoint(module), int(str(row["freshsales_id"]))
                now = self.endpoint(str(Module.CONTACTS)), int(contact["freshsales_id"])
                found[was] = now
        return found

    def id_of(self, value: object, modules: Iterable[Module]) -> int | None:
        """The id a link stands for, whether it is one already or a source key."""
        if isinstance(value, int):
            return value
        rows = (self.rows.get((str(module), str(value))) for module in modules)
        return next((int(str(row["freshsales_id"])) for row in rows if row), None)


def read_form(flat: Json, id_of: Callable[..., int | None]) -> Json:
    """A record as sent, its links under the keys they are read back under."""
    made: Json = {}
    for key, value in flat.items():
        if key not in _LINKS:
            made[key] = value
            continue
        modules = (
            (Module.SALES_ACCOUNTS,)
            if key == "sales_account"
            else (Module.CONTACTS, Module.LEADS)
        )
        items = value if isinstance(value, list) else [] if value is None else [value]
        ids = [id_of(item, modules) for item in items]
        if None not in ids:
            made.setdefault(_LINKS[key], ids)
    return made


def listed(value: object) -> list[object]:
    """A list, or an empty one where none stands."""
    return value if isinstance(value, list) else []
