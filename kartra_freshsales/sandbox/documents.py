"""Files and links of records: uploading, linking, listing. Nothing here can be deleted.

Of a file its size and digest are kept, not its bytes; its address leads nowhere.
"""

from __future__ import annotations

import hashlib
from typing import Final

from kartra_freshsales.sandbox import items
from kartra_freshsales.sandbox.calls import Answer, Call
from kartra_freshsales.sandbox.entries import Entry
from kartra_freshsales.sandbox.items import Item, Json
from kartra_freshsales.sandbox.multipart import Part, parts_of
from kartra_freshsales.sandbox.refusal import Refusal, bad, missing
from kartra_freshsales.sandbox.values import as_checkbox, as_id, as_text, as_website
from kartra_freshsales.sandbox.world import World

_FILES: Final = "documents"
_LINKS: Final = "document_links"
_ASSOCIATIONS: Final = "document_associations"
_TYPES: Final = {_FILES: "Document", _LINKS: "DocumentLink"}
_GIGABYTE: Final = 1_000_000_000
_LONGEST_ADDRESS: Final = 2048


def upload(call: Call) -> Answer:
    """``POST /documents``: one file as a multipart form."""
    parts = parts_of(call.raw, call.content_type)
    file = parts.get("file")
    if file is None or file.filename is None:
        raise bad("File can't be blank")
    sent = {name: part.text for name, part in parts.items() if part.filename is None}
    about = _about(call.world, sent, files=True)
    _check_size(call.world, len(file.content))
    item = Item(0, *about, 0, 0, None, None, 0, _file_body(file, sent))
    item.body["is_shared"] = bool(as_checkbox("is_shared", sent.get("is_shared")))
    return _attached(call.world, _FILES, item)


def link(call: Call) -> Answer:
    """``POST /document_links``: an address beside a record."""
    sent = items.sent(call, "document_link") if _wrapped(call) else call.mapping()
    about = _about(call.world, sent, files=False)
    address = as_text("url", sent.get("url"), _LONGEST_ADDRESS)
    if address is None:
        raise bad("Url can't be blank")
    as_website(address)
    item = Item(0, *about, 0, 0, None, None, 0, {})
    item.body = {
        "url": address,
        "name": as_text("name", sent.get("name")) or address,
        "is_shared": bool(as_checkbox("is_shared", sent.get("is_shared"))),
    }
    return _attached(call.world, _LINKS, item)


def of_record(call: Call) -> Answer:
    """``GET /M/:id/document_associations``: the files and links of a record."""
    items.live_record(call)
    world, plural, record_id = call.world, call.params["module"], call.params["id"]
    files, links, associations = (
        items.of_record(world, table, plural, [record_id])
        for table in (_FILES, _LINKS, _ASSOCIATIONS)
    )
    return Answer(
        {
            _FILES: [_shown_file(world, item) for item in files],
            _LINKS: [_shown_link(world, item) for item in links],
            _ASSOCIATIONS: [_shown_association(world, item) for item in associations],
            "users": items.users_of(world, [world.seed.admin_id] if associations else []),
            "meta": {"total": len(associations)},
        }
    )


def _wrapped(call: Call) -> bool:
    return isinstance(call.body, dict) and isinstance(call.body.get("document_link"), dict)


def _about(world: World, sent: Json, *, files: bool) -> tuple[str, int]:
    """What the file or link belongs to; files may also belong to a product."""
    if files and sent.get("targetable_type") == "Product":
        product = items.get(world, "products", as_id(sent.get("targetable_id")) or 0)
        if product.done:
            raise missing("product")
        return "products", product.id
    module, record_id = items.required_target(world, sent)
    return module.plural, record_id


def _file_body(file: Part, sent: Json) -> Json:
    return {
        "name": as_text("file_name", sent.get("file_name") or file.filename),
        "size": len(file.content),
        "content_type": file.content_type,
        "sha256": hashlib.sha256(file.content).hexdigest(),
    }


def _check_size(world: World, size: int) -> None:
    """Refuse a file that is too large, or for which the plan has no room left."""
    if not size:
        raise bad("File can't be blank")
    if size > world.config.largest_file_bytes:
        raise bad("File size is not in required length")
    room = storage_room(world)
    if room is None:
        return
    if room == 0:
        raise Refusal(403, "File storage is not available in your plan.")
    used = world.store.sql.execute(
        f"SELECT COALESCE(SUM(json_extract(body, '$.size')), 0) FROM {_FILES}"
    ).fetchone()[0]
    if used + size > room:
        raise bad("You have reached the limit of file storage in your plan")


def storage_room(world: World) -> int | None:
    """Bytes the account may store; null where nobody has published a figure."""
    if world.config.storage_bytes is not None:
        return world.config.storage_bytes
    each = world.config.allows.storage_gb_per_user
    if each is None:
        return None
    active = sum(bool(user["is_active"]) for user in world.seed.lists["users"])
    return each * _GIGABYTE * active


def _attached(world: World, table: str, item: Item) -> Answer:
    items.insert(world, table, item)
    body = {"type": _TYPES[table], "id": item.id}
    association = Item(0, item.module, item.record_id, 0, 0, None, None, 0, body)
    items.insert(world, _ASSOCIATIONS, association)
    url = _address(world, item) if table == _FILES else item.body["url"]
    return Answer({"id": item.id, "url": url, "msg": "Document uploaded successfully."})


def _address(world: World, item: Item) -> str:
    return f"{world.edition.pages}/documents/{item.id}"


def _shown_file(world: World, item: Item) -> Json:
    body = item.body
    return {
        "id": item.id,
        "url": _address(world, item),
        "thumbnail_url": None,
        "name": body["name"],
        "is_shared": body["is_shared"],
        "content_file_size": body["size"],
        "content_content_type": body["content_type"],
        "content_updated_at": world.shown_time(item.updated_us),
        "content_file_size_readable": _readable(body["size"]),
        "created_at": world.shown_time(item.created_us),
        "is_attached": True,
        "creater_id": world.seed.admin_id,
    }


def _shown_link(world: World, item: Item) -> Json:
    return {
        "id": item.id,
        "url": item.body["url"],
        "name": item.body["name"],
        "is_shared": item.body["is_shared"],
        "created_at": world.shown_time(item.created_us),
        "creater_id": world.seed.admin_id,
    }


def _shown_association(world: World, item: Item) -> Json:
    return {
        "id": item.id,
        "created_at": world.shown_time(item.created_us),
        "attachable": item.body,
        "creater_id": world.seed.admin_id,
    }


def _readable(size: int) -> str:
    for unit, bytes_in_unit in (("MB", 1_000_000), ("KB", 1000)):
        if size >= bytes_in_unit:
            return f"{size / bytes_in_unit:.1f} {unit}"
    return f"{size} Bytes"


ENTRIES: Final = (
    Entry("POST", "/documents", upload, {"upload": True}),
    Entry("POST", "/document_links", link),
)


def entries_of(plural: str) -> tuple[Entry, ...]:
    """The call that lists the files and links of one kind of record."""
    path = f"/{plural}/{{id:int}}/document_associations"
    return (Entry("GET", path, of_record, {"module": plural}),)
