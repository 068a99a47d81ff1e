"""What the first page shows of an account, and its pages of lists and custom fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from kartra_freshsales.sandbox.limits import READS
from kartra_freshsales.sandbox.modules import DEALS, FORECAST_KIND
from kartra_freshsales.sandbox.pages_records import BROWSE, TITLES
from kartra_freshsales.sandbox.pages_words import brief, moment
from kartra_freshsales.sandbox.world import World

LAST_REQUESTS: Final = 8
_HANGING: Final = {
    "notes": "Notes",
    "tasks": "Tasks",
    "appointments": "Appointments",
    "sales_activities": "Sales activities",
    "phone_calls": "Phone calls",
    "documents": "Files",
    "document_links": "Links",
    "products": "Products",
}
_KINDS: Final = {
    "text": "Text",
    "textarea": "Text area",
    "number": "Number",
    "decimal": "Decimal number",
    "dropdown": "One choice",
    "radio": "One choice (radio)",
    "multi_select_dropdown": "Several choices",
    "checkbox": "Yes or no",
    "date": "Date",
    "lookup": "Lookup",
    "formula": "Formula",
}


@dataclass(frozen=True)
class Tile:
    """A large figure with a page behind it."""

    title: str
    count: int
    href: str
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Meter:
    """Requests used within a window against its limit (0: no limit)."""

    title: str
    used: int
    limit: int

    @property
    def left(self) -> int:
        """Requests that would pass now."""
        return max(0, self.limit - self.used)


@dataclass(frozen=True)
class Made:
    """A request that was made: when, by what route, and how it was answered."""

    at: str
    method: str
    route: str
    status: int
    fault: str
    writes: bool


def front(world: World) -> dict[str, Any]:
    """Everything the first page names."""
    return {
        "tiles": _tiles(world),
        "meters": _meters(world),
        "requests": _last_requests(world),
        "hanging": _hanging(world),
        "waiting": _count(world, "jobs WHERE applied_us IS NULL"),
        "fired": _count(world, "firings"),
    }


def _count(world: World, source: str, *args: object) -> int:
    found = world.store.sql.execute(f"SELECT COUNT(*) FROM {source}", args)
    return int(found.fetchone()[0])


def _tiles(world: World) -> list[Tile]:
    tiles = []
    for plural in world.edition.modules:
        live, binned = (
            world.store.count(plural, f"deleted = {flag}", ()) for flag in (0, 1)
        )
        notes = [_states_of_deals(world)] if plural == DEALS.plural and live else []
        notes += [f"{binned:,} in the recycle bin"] if binned else []
        tiles.append(Tile(TITLES[plural], live, f"{BROWSE}/{plural}", notes))
    named = _count(world, "lists")
    fields = sum(len(fields) for fields in world.fields.custom.values())
    return [
        *tiles,
        Tile("Lists", named, f"{BROWSE}/lists"),
        Tile("Custom fields", fields, f"{BROWSE}/fields"),
    ]


def _states_of_deals(world: World) -> str:
    words = {"Open": "open", "Closed Won": "won", "Closed Lost": "lost"}
    counts = [
        (
            word,
            world.store.count("deals", "deleted = 0 AND kind = ?", (FORECAST_KIND[kind],)),
        )
        for kind, word in words.items()
    ]
    return ", ".join(f"{count:,} {word}" for word, count in counts if count)


def _meters(world: World) -> list[Meter]:
    config, now = world.config, world.clock()
    seconds = config.window_seconds
    span = "this hour" if seconds == 3600 else f"in the last {seconds:g} seconds"
    windows = [(f"Requests {span}", seconds, config.hourly_limit)]
    if config.minute_limit:
        windows.append(("Requests this minute", 60.0, config.minute_limit))
    return [
        Meter(
            title, _count(world, "history WHERE counted = 1 AND at > ?", now - span), limit
        )
        for title, span, limit in windows
    ]


def _last_requests(world: World) -> list[Made]:
    rows = world.store.sql.execute(
        "SELECT at, method, route, status, fault FROM history ORDER BY id DESC LIMIT ?",
        (LAST_REQUESTS,),
    )
    return [
        Made(
            moment(world, int(at * 1_000_000)),
            method,
            route,
            status,
            (fault or "").replace("_", " "),
            method not in READS,
        )
        for at, method, route, status, fault in rows
    ]


def _hanging(world: World) -> list[tuple[str, int]]:
    counts = [(title, _count(world, table)) for table, title in _HANGING.items()]
    return [(title, count) for title, count in counts if count]


def lists(world: World) -> list[dict[str, Any]]:
    """Marketing lists by name, with their members."""
    rows = world.store.sql.execute(
        "SELECT l.id, l.name, l.created_us, COUNT(m.contact_id) FROM lists l"
        " LEFT JOIN list_member m ON m.list_id = l.id GROUP BY l.id ORDER BY l.name"
    )
    return [
        {
            "id": row[0],
            "name": brief(row[1]),
            "href": f"{BROWSE}/contacts?list={row[0]}",
            "created": moment(world, row[2]),
            "members": row[3],
        }
        for row in rows
    ]


def custom_fields(world: World) -> list[tuple[str, list[dict[str, Any]]]]:
    """Custom fields by module, each with its kind in words and its choices."""
    return [
        (
            TITLES[plural],
            [
                {
                    "label": brief(item.item["label"]),
                    "name": item.name,
                    "kind": _KINDS.get(item.type, item.type),
                    "choices": [brief(choice["value"]) for choice in item.item["choices"]],
                    "marks": _marks(required=item.required, unique=item.unique),
                }
                for item in world.fields.custom[plural].values()
            ],
        )
        for plural in world.edition.modules
    ]


def _marks(**marks: bool) -> str:
    return ", ".join(word for word, holds in marks.items() if holds)
