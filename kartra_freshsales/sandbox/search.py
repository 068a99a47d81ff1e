"""Search, lookup and filtered search. All three may lag behind writes, as the real ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from kartra_freshsales.sandbox.calls import Answer, Call
from kartra_freshsales.sandbox.items import as_moment
from kartra_freshsales.sandbox.modules import MODULES, PEOPLE, Module
from kartra_freshsales.sandbox.refusal import bad, missing
from kartra_freshsales.sandbox.rendering import short
from kartra_freshsales.sandbox.state import Record, marks
from kartra_freshsales.sandbox.values import as_id
from kartra_freshsales.sandbox.views import order_of

_BY_SINGULAR: Final = {module.singular: module for module in MODULES.values()}
_MOST: Final = 100
_EMAIL: Final = (
    "id IN (SELECT record_id FROM unique_value WHERE module='{module}' AND field='email'"
    " AND value IN ({marks}))"
)
_LIKE: Final = "{} LIKE ? ESCAPE '~'"
_TIMES: Final = {"created_at": "created_us", "updated_at": "updated_us"}

Clause = tuple[str, list[Any]]


def _inside(words: str) -> str:
    """A pattern that finds these very words anywhere; they hold no wildcards."""
    for sign in "~%_":
        words = words.replace(sign, f"~{sign}")
    return f"%{words}%"


def _visible(call: Call) -> tuple[str, int]:
    delay = int(call.world.config.search_delay_seconds * 1_000_000)
    if not delay:
        return "deleted = 0 AND ? IS NOT NULL", 0
    return "deleted = 0 AND created_us <= ?", call.world.now_us() - delay


def _asked(call: Call, key: str) -> list[Module]:
    names = call.query.get(key, "contact").split(",")
    found = (_known(call, name.strip()) for name in names)
    return [module for module in found if module is not None]


def _known(call: Call, singular: str) -> Module | None:
    module = _BY_SINGULAR.get(singular)
    return module if module and module.plural in call.world.edition.modules else None


def search(call: Call) -> Answer:
    """``GET /search``: a bare array; ids are text."""
    words = call.query.get("q", "").strip()
    if not words:
        return Answer([])
    visible, moment = _visible(call)
    found: list[dict[str, Any]] = []
    for module in _asked(call, "include"):
        where, args = f"{visible} AND {_LIKE.format('name')}", [moment, _inside(words)]
        if module in PEOPLE:
            where = (
                f"{visible} AND ({_LIKE.format('name')} OR id IN"
                " (SELECT record_id FROM unique_value"
                f" WHERE module='{module.plural}' AND field='email'"
                f" AND {_LIKE.format('value')}))"
            )
            args.append(_inside(words.casefold()))
        rows = call.world.store.select(module.plural, where, args, f"LIMIT {_MOST}")
        found += [_hit(module, record) for record in rows]
    return Answer(found[: min(_MOST, call.number("per_page", 25))])


def _hit(module: Module, record: Record) -> dict[str, Any]:
    shown = short(module, record)
    return {
        "id": str(record.id),
        "type": module.singular,
        "name": shown.get("display_name") or record.name,
        "email": shown.get("email"),
        "avatar": None,
    }


def lookup(call: Call) -> Answer:
    """``GET /lookup``: exact value of one field, one answer per entity asked.

    An entity without the field has no such record.
    """
    value, field = call.query.get("q", ""), call.query.get("f", "email")
    answer: dict[str, Any] = {}
    known = False
    for module in _asked(call, "entities"):
        clause = _equal(module, field, [value])
        known = known or clause is not None
        found = [] if clause is None else _select(call, module, [clause], "ORDER BY id")
        answer[module.plural] = {module.plural: [short(module, item) for item in found]}
    if not known:
        raise bad("Invalid or missing attributes")
    return Answer(answer)


def filtered(call: Call) -> Answer:
    """``POST /filtered_search/<entity>``: ``is_in``, and ``is_after`` on two times.

    Public clients show no other operator, so others are refused.
    """
    module = _known(call, call.params["entity"])
    if module is None:
        raise missing("page")
    rules = call.mapping().get("filter_rule")
    if not isinstance(rules, list) or not rules:
        raise bad("Invalid or missing attributes")
    clauses = [_clause(call, module, rule) for rule in rules]
    order, args = order_of(call, module) if "sort" in call.query else ("id", ())
    items = _select(call, module, clauses, f"ORDER BY {order}", args)
    page, per_page = call.paging
    start = (page - 1) * per_page
    return Answer(
        {
            module.plural: [
                short(module, item) for item in items[start : start + per_page]
            ],
            "meta": {"total": len(items)},
        }
    )


def _clause(call: Call, module: Module, rule: Any) -> Clause:
    if not isinstance(rule, dict):
        raise bad("Invalid or missing attributes")
    attribute, value = str(rule.get("attribute", "")), rule.get("value")
    if rule.get("operator") == "is_in":
        clause = _equal(module, attribute, value if isinstance(value, list) else [value])
        if clause is not None:
            return clause
    moment = as_moment(call.world, value)
    if rule.get("operator") == "is_after" and attribute in _TIMES and moment is not None:
        return f"{_TIMES[attribute]} > ?", [moment]
    raise bad("Invalid or missing attributes")


def _equal(module: Module, field: str, values: list[Any]) -> Clause | None:
    """The clause for any of some values in a field; nothing without such a field."""
    words = [str(value).strip() for value in values if value not in (None, "")]
    name = field.removeprefix("contact_email.").removeprefix("lead_email.")
    if name in {"email", "emails"} and module in PEOPLE:
        clause = _EMAIL.format(module=module.plural, marks=marks(words))
        return clause, [word.casefold() for word in words]
    if name == "id":
        return f"id IN ({marks(words)})", [as_id(word) or 0 for word in words]
    if name == "name":
        return f"name COLLATE NOCASE IN ({marks(words)})", [*words]
    if name in module.template or name.startswith("cf_"):
        path = f"$.custom_field.{name}" if name.startswith("cf_") else f"$.{name}"
        return f"CAST(json_extract(body, ?) AS TEXT) IN ({marks(words)})", [path, *words]
    return None


def _select(
    call: Call, module: Module, clauses: list[Clause], tail: str, sort: Sequence[Any] = ()
) -> list[Record]:
    """The records all clauses hold for, as far as searches see them already."""
    visible, moment = _visible(call)
    where = " AND ".join([visible, *(sql for sql, _ in clauses)])
    args = [moment, *(value for _, values in clauses for value in values), *sort]
    return call.world.store.select(module.plural, where, args, f"{tail} LIMIT 1000")
