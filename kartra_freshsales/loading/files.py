"""Loading files: uploaded one by one to their contact or deal, and read back (S20).

The bytes are read from the batch folder and must be those the plan was made for. The API
cannot delete a file. Not here: sending and settling (``children``), room (``planning``).
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from kartra_freshsales.freshsales.comparison import same
from kartra_freshsales.freshsales.hung import Upload
from kartra_freshsales.freshsales.modules import Module
from kartra_freshsales.freshsales.records import Json
from kartra_freshsales.ledger.records import Identity
from kartra_freshsales.ledger.states import Operation
from kartra_freshsales.loading.checks import sort_out
from kartra_freshsales.loading.children import (
    TARGETS,
    Ids,
    deliver,
    no_parent,
    place_of,
    settle,
    with_parent,
)
from kartra_freshsales.loading.items import Known, items_of
from kartra_freshsales.loading.pages import id_of
from kartra_freshsales.loading.results import Results
from kartra_freshsales.loading.session import Session

FILES = str(Module.FILES)
_COMPARED = ("name", "size", "shared", "contact", "deal")
_CHANGED = (
    "The file is not the one that was planned: bring it back, or run extract, prepare and "
    "plan again."
)


def load_files(session: Session, results: Results, ids: Ids, folder: Path) -> None:
    """Load the files of a plan.

    Args:
        session: the load.
        results: holds the plan's rows of files, takes their outcomes.
        ids: of every contact, lead and deal that stands there.
        folder: what the paths of the plan start from.
    """
    kind = File(session, folder)
    settle(session, kind)
    _look_again(kind, results, ids)
    known = Known.read(session.ledger, FILES, results.plan["source_key"].to_list())
    for item in sort_out(session, items_of(results.plan), known, results):
        payload = with_parent(session, item.record, ids)
        if payload is None:
            no_parent(item, results)
        elif not _as_planned(folder / str(payload["path"]), payload):
            results.settle(item, "refused", reason="file_changed", remedy=_CHANGED)
        else:
            deliver(session, kind, item, payload, results)
        results.tell()
    results.tell()


def _look_again(kind: "File", results: Results, ids: Ids) -> None:
    """Read back uploads of a run that ended before it had seen them."""
    session = kind.session
    known = Known.read(session.ledger, FILES, results.plan["source_key"].to_list())
    for item in items_of(results.plan):
        own, payload = known.live(item.source_key), with_parent(session, item.record, ids)
        if own is None or payload is None or "name" in own.seen:
            continue
        seen = kind.seen(payload, kind.read_back(payload, {"id": own.freshsales_id}))
        identity = Identity(
            FILES,
            item.source_key,
            own.freshsales_id,
            own.origin,
            own.written,
            seen,
            own.payload_hash,
            own.batch,
        )
        session.ledger.put_identities([identity])


def settle_files(session: Session) -> None:
    """Find out what became of uploads an earlier run left open."""
    settle(session, File(session, Path()))


def _as_planned(path: Path, payload: Json) -> bool:
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return False
    return digest == payload["sha256"]


class File:
    """Files as ``children`` needs them."""

    module = FILES
    operation = Operation.UPLOAD

    def __init__(self, session: Session, folder: Path) -> None:
        self.session = session
        self.folder = folder

    def send(self, payload: Json) -> Json:
        """Upload it; the answer tells nothing but its id."""
        endpoint, number = place_of(payload)
        sent = Upload(
            path=self.folder / str(payload["path"]),
            name=str(payload["name"]),
            about=(TARGETS[endpoint], number),
            shared=bool(payload.get("shared")),
        )
        return {"id": self.session.client.upload(sent)}

    def standing(self, payload: Json) -> Iterable[Json]:
        """The files of the record it hangs on."""
        return self.session.client.documents_of(*place_of(payload))

    def is_it(self, payload: Json, record: Json) -> bool:
        """Whether name and size are those that were sent; more is not told."""
        seen = self.seen(payload, record)
        return all(same(key, payload[key], seen.get(key)).equal for key in ("name", "size"))

    def written(self, payload: Json) -> Json:
        """What can be read back; path and digest stay with the intent."""
        return {key: payload[key] for key in _COMPARED if key in payload}

    def seen(self, payload: Json, record: Json) -> Json:
        """The file under its record, in the payload's form."""
        _, number = place_of(payload)
        found: Json = {"id": record["id"]}
        if "name" not in record:
            return found
        found |= {
            "name": record.get("name"),
            "size": record.get("content_file_size"),
            "shared": bool(record.get("is_shared")),
            "created_at": record.get("created_at"),
        }
        return found | (
            {"deal": number} if "deal" in payload else {"contact_ids": [number]}
        )

    def read_back(self, payload: Json, record: Json) -> Json:
        """The file as its record lists it; the bare answer where it does not."""
        if "name" in record:
            return record
        listed = self.standing(payload)
        return next((r for r in listed if id_of(r) == record["id"]), record)
