"""Custom modules, for reading only: what they are and their records, told by the seed file.

A module in the seed file has ``entity_name``, ``singular_name``, ``plural_name`` and may
have an ``id``, a ``view_id``, ``fields`` (name, label, type) and ``records`` (each with an
``id``, a ``name``, a ``custom_field``). Nothing here writes.
"""

from __future__ import annotations

from typing import Final

from kartra_freshsales.sandbox.calls import Answer, Call, page_meta
from kartra_freshsales.sandbox.entries import Entry
from kartra_freshsales.sandbox.items import Json
from kartra_freshsales.sandbox.refusal import forbidden, missing

FIRST_MODULE: Final = 76_000_000_001
FIRST_VIEW: Final = 75_000_010_001
FIRST_RECORD: Final = 420_000_000_001
_RECORDS_OF_EACH: Final = 1_000_000_000
_CREATED: Final = "2024-01-01T00:00:00Z"


def modules(call: Call) -> Answer:
    """``GET /settings/module_customizations``."""
    told = call.world.seed.custom_modules
    shown = [_shown_module(at, one) for at, one in enumerate(told)]
    return Answer({"module_customizations": shown, "meta": {"total": len(shown)}})


def module(call: Call) -> Answer:
    """``GET /settings/module_customizations/:id``."""
    for at, one in enumerate(call.world.seed.custom_modules):
        shown = _shown_module(at, one)
        if shown["id"] == call.params["id"]:
            return Answer({"module_customization": shown})
    raise missing("module")


def form(call: Call) -> Answer:
    """``GET /settings/:entity/forms`` of a custom module."""
    at, told = _named(call)
    fields = [
        {
            "id": FIRST_MODULE + 1_000_000 * (at + 1) + number,
            "name": field["name"],
            "label": field.get("label", field["name"]),
            "type": field.get("type", "text"),
            "position": number,
            "required": bool(field.get("required")),
            "choices": [],
        }
        for number, field in enumerate(told.get("fields", []), start=1)
    ]
    shown = {
        "id": FIRST_MODULE + 1_000_000 * (at + 1),
        "name": f"{told['entity_name']} form",
        "active": True,
        "description": None,
        "field_class": told["entity_name"],
        "fields": [{"name": "basic_information", "type": "section", "fields": fields}],
    }
    return Answer({"forms": [shown], "meta": {}})


def bare_list(call: Call) -> Answer:
    """``GET /custom_module/:entity``: refused as for every module; there are views."""
    _named(call)
    raise forbidden()


def view(call: Call) -> Answer:
    """``GET /custom_module/:entity/view/:id``: one page of all records."""
    at, told = _named(call)
    if call.params["id"] != told.get("view_id", FIRST_VIEW + at):
        raise forbidden()
    records = _records(at, told)
    page, per_page = call.paging
    start = (page - 1) * per_page
    return Answer(
        {
            told["entity_name"]: records[start : start + per_page],
            "meta": page_meta(len(records), per_page),
        }
    )


def record(call: Call) -> Answer:
    """``GET /custom_module/:entity/:id``."""
    at, told = _named(call)
    for shown in _records(at, told):
        if shown["id"] == call.params["id"]:
            return Answer({told["entity_name"]: shown, "meta": None})
    raise missing("record")


def read_only(call: Call) -> Answer:
    """Every write: refused, since the sandbox takes custom modules from its seed file."""
    raise forbidden()


def _named(call: Call) -> tuple[int, Json]:
    for at, told in enumerate(call.world.seed.custom_modules):
        if told["entity_name"] == call.params["entity"]:
            return at, told
    raise missing("page")


def _shown_module(at: int, told: Json) -> Json:
    return {
        "id": told.get("id", FIRST_MODULE + at),
        "entity_name": told["entity_name"],
        "singular_name": told["singular_name"],
        "plural_name": told["plural_name"],
        "description": told.get("description"),
        "custom": True,
        "status": 1,
        "position": at + 1,
        "show_in_navigation_menu": True,
        "created_at": _CREATED,
        "updated_at": _CREATED,
    }


def _records(at: int, told: Json) -> list[Json]:
    names = [field["name"] for field in told.get("fields", [])]
    return [
        {
            "id": one.get("id", FIRST_RECORD + _RECORDS_OF_EACH * at + number),
            "name": one["name"],
            "custom_field": {**dict.fromkeys(names), **one.get("custom_field", {})},
            "created_at": _CREATED,
            "updated_at": _CREATED,
        }
        for number, one in enumerate(told.get("records", []))
    ]


_SETTINGS: Final = "/settings/module_customizations"
_RECORD: Final = "/custom_module/{entity}/{id:int}"
_WRITES: Final = (
    ("POST", _SETTINGS),
    ("PUT", f"{_SETTINGS}/{{id:int}}"),
    ("DELETE", f"{_SETTINGS}/{{id:int}}"),
    ("POST", "/custom_module/{entity}"),
    ("POST", "/custom_module/{entity}/bulk_destroy"),
    ("PUT", _RECORD),
    ("DELETE", _RECORD),
    ("POST", f"{_RECORD}/clone"),
    ("DELETE", f"{_RECORD}/forget"),
)
ENTRIES: Final[tuple[Entry, ...]] = (
    Entry("GET", _SETTINGS, modules),
    Entry("GET", f"{_SETTINGS}/{{id:int}}", module),
    Entry("GET", "/settings/{entity}/forms", form),
    Entry("GET", "/custom_module/{entity}", bare_list),
    Entry("GET", "/custom_module/{entity}/view/{id:int}", view),
    Entry("GET", _RECORD, record),
    *(Entry(method, path, read_only) for method, path in _WRITES),
)
