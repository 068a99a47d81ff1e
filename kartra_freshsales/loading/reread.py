"""What stands in the account of notes and marketing lists now: no view of records shows it.

Notes come along with pages of the people they hang on, members by the list. Not here:
records (``snapshot``), judging (``reconcile``).
"""

import json
import re
from collections.abc import Mapping

import polars as pl

from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.comparison import same
from kartra_freshsales.freshsales.metadata import Metadata
from kartra_freshsales.freshsales.modules import CLASSIC, Module
from kartra_freshsales.freshsales.records import Json
from kartra_freshsales.loading.notes import NOTES, part_key, parts_of
from kartra_freshsales.loading.rollback_reading import Reader, Reading
from kartra_freshsales.loading.session import ViewNames

LISTS = str(Module.LISTS)
_KEYS = ("module", "source_key")
_PART = re.compile(r"(.*)#\d+")


def reread_hung(
    client: FreshsalesClient,
    metadata: Metadata,
    edition: str,
    identities: pl.DataFrame,
    *,
    view_names: ViewNames | None = None,
) -> pl.DataFrame:
    """Read every note and list of ours again.

    Args:
        client: the account.
        metadata: its views.
        edition: ``classic`` has leads, on which notes may hang, and no lists.
        identities: live ones of notes and lists.
        view_names: views to use instead of the standard names.

    Returns:
        ``module, source_key, freshsales_id, written, then, seen`` (flat, JSON text): what
        we wrote, what stood there when it was confirmed, and what stands there now (null:
        not found). Members of a list are ids, and only those that we put on it.
    """
    rows: list[tuple[object, ...]] = []
    reader = Reader(client, metadata, view_names)
    notes = identities.filter(pl.col("module") == NOTES)
    if notes.height:
        people = ("contacts", "leads") if edition == CLASSIC else ("contacts",)
        readings = [reader.read(place, (), None, attachments=True) for place in people]
        rows += _notes(notes, _merged(readings))
    lists = identities.filter(pl.col("module") == LISTS)
    if lists.height:
        rows += _lists(lists, reader)
    text = pl.String()
    schema = {**dict.fromkeys(_KEYS, text), "freshsales_id": pl.Int64(), "written": text,
              "then": text, "seen": text}  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def _merged(readings: list[Reading]) -> tuple[dict[int, str], dict[int, list[int]]]:
    """Texts of all notes by id, and the people each hangs on."""
    texts: dict[int, str] = {}
    hangs: dict[int, list[int]] = {}
    for reading in readings:
        texts |= reading.notes
        for person, things in reading.attached.items():
            for kind, number in things:
                if kind == NOTES:
                    hangs.setdefault(number, []).append(person)
    return texts, hangs


def _notes(
    notes: pl.DataFrame, there: tuple[dict[int, str], dict[int, list[int]]]
) -> list[tuple[object, ...]]:
    """One row per note; its further parts are parts of it."""
    texts, hangs = there
    ids = dict(notes.select("source_key", "freshsales_id").iter_rows())
    rows: list[tuple[object, ...]] = []
    for key, number, written, then in notes.select(
        "source_key", "freshsales_id", "written", "seen"
    ).iter_rows():
        whole = _PART.fullmatch(key)
        if whole and whole[1] in ids:
            continue
        seen: Json | None = None
        if number in texts:
            wanted = str(json.loads(written or "{}").get("description") or "")
            seen = {
                "description": _whole(key, wanted, ids, texts),
                "contact_ids": hangs.get(number, []),
            }
        rows.append((NOTES, key, number, written, then, seen and json.dumps(seen)))
    return rows


def _whole(key: str, wanted: str, ids: Mapping[str, int], texts: Mapping[int, str]) -> str:
    """A note's text as it was meant to be, if every part of it stands there as sent."""
    parts = parts_of(wanted)
    there = [
        texts.get(ids.get(part_key(key, at), 0), "") for at in range(1, len(parts) + 1)
    ]
    intact = all(
        same("description", part, text).equal
        for part, text in zip(parts, there, strict=True)
    )
    return wanted if intact else "\n".join(filter(None, there))


def _lists(lists: pl.DataFrame, reader: Reader) -> list[tuple[object, ...]]:
    names = {int(str(each["id"])): each.get("name") for each in reader.client.lists()}
    rows: list[tuple[object, ...]] = []
    for key, number, then in lists.select(
        "source_key", "freshsales_id", "seen"
    ).iter_rows():
        ours = json.loads(then or "{}")
        seen: Json | None = None
        if number in names:
            members, _ = reader.members(number)
            kept = [who for who in ours.get("members", []) if who in members]
            seen = {"name": names[number], "members": kept}
        # What was written names its members by key; what was seen then, by id.
        rows.append((LISTS, key, number, then, then, seen and json.dumps(seen)))
    return rows
