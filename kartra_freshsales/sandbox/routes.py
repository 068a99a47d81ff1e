"""The table of calls: method, path, handler. Order matters where paths could overlap."""

from __future__ import annotations

from typing import Final

from kartra_freshsales.sandbox import (
    activities,
    bulk,
    convert,
    cpq_documents,
    crud,
    custom_modules,
    documents,
    lists,
    notes,
    products,
    search,
    settings,
    team,
    timeline,
    views,
)
from kartra_freshsales.sandbox.builtin_fields import ENTITIES
from kartra_freshsales.sandbox.calls import Handler
from kartra_freshsales.sandbox.edition import SUITE, Edition
from kartra_freshsales.sandbox.entries import Entry
from kartra_freshsales.sandbox.features import gated


def _module_entries(plural: str) -> list[Entry]:
    base, params = f"/{plural}", {"module": plural}
    table: list[tuple[str, str, Handler]] = [
        ("GET", "", views.bare_list),
        ("POST", "", crud.create),
        ("GET", "/filters", views.filters),
        ("GET", "/filters/{id:int}", views.one_filter),
        ("GET", "/view/{id:int}", views.view),
        ("POST", "/upsert", crud.upsert),
        ("POST", "/bulk_upsert", bulk.bulk_upsert),
        ("POST", "/bulk_destroy", crud.bulk_destroy),
        ("GET", "/{id:int}", crud.read),
        ("PUT", "/{id:int}", products.update_deal if plural == "deals" else crud.update),
        ("DELETE", "/{id:int}", crud.delete),
        ("DELETE", "/{id:int}/forget", crud.forget),
        ("PUT", "/{id:int}/restore", crud.restore),
        ("POST", "/{id:int}/clone", crud.clone),
        ("GET", "/{id:int}/notes", notes.of_record),
    ]
    return [
        *(Entry(method, base + path, handler, params) for method, path, handler in table),
        *timeline.entries_of(plural),
        *team.entries_of(plural),
    ]


def _settings_entries(entity: str) -> list[Entry]:
    base, params = f"/settings/{entity}", {"module": entity}
    return [
        Entry("GET", f"{base}/fields", settings.fields, params),
        Entry("GET", f"{base}/forms", settings.forms, params),
        Entry("POST", f"{base}/forms/{{id:int}}/fields", settings.create_field, params),
    ]


_NO_LEADS: Final = (
    *(Entry(method, "/leads", views.bare_list) for method in ("GET", "POST")),
    *(Entry(method, "/leads/{rest:path}", views.bare_list) for method in ("GET", "POST")),
)
_LISTS: Final = (
    Entry("GET", "/contacts/lists/{id:int}", views.list_members),
    Entry("GET", "/lists", lists.listing),
    Entry("POST", "/lists", lists.create),
    Entry("PUT", "/lists/{id:int}", lists.rename),
    Entry("PUT", "/lists/{id:int}/add_contacts", lists.add_contacts),
    Entry("PUT", "/lists/{id:int}/remove_contacts", lists.remove_contacts),
    Entry("PUT", "/lists/{id:int}/move_contacts", lists.move_contacts),
)
ONLY_SUITE: Final = (
    *_NO_LEADS,
    *gated("lists", _LISTS),
    *gated("product_catalogue", products.ENTRIES),
    *gated("product_catalogue", cpq_documents.ENTRIES),
)
"""Lists (and custom modules) were not seen on Classic (reference, section 1)."""

ONLY_CLASSIC: Final = (
    Entry("GET", "/contacts/scroll/{id:int}", views.scroll, {"module": "contacts"}),
    Entry("POST", "/leads/{id:int}/convert", convert.convert),
)
_BOTH: Final[tuple[Entry, ...]] = (
    Entry("POST", "/contacts/bulk_assign_owner", crud.bulk_assign_owner),
    Entry("GET", "/job_statuses/{id:int}", bulk.job_status),
    Entry("GET", "/selector/deal_pipelines/{id:int}/deal_stages", settings.pipeline_stages),
    Entry(
        "GET",
        "/selector/sales_activity_types/{id:int}/sales_activity_outcomes",
        settings.type_outcomes,
    ),
    Entry("GET", "/selector/{name}", settings.selector),
    Entry("POST", "/notes", notes.create),
    Entry("PUT", "/notes/{id:int}", notes.update),
    Entry("DELETE", "/notes/{id:int}", notes.delete),
    *activities.ENTRIES,
    *documents.ENTRIES,
    *timeline.ENTRIES,
    Entry("GET", "/search", search.search),
    Entry("GET", "/lookup", search.lookup),
    Entry("POST", "/filtered_search/{entity}", search.filtered),
)


def routes_of(edition: Edition) -> tuple[Entry, ...]:
    """The whole table of one edition."""
    entities = (name for name in ENTITIES if name != "leads" or edition.has_leads)
    return (
        *(ONLY_CLASSIC if edition.has_leads else ONLY_SUITE),
        *(entry for plural in edition.modules for entry in _module_entries(plural)),
        *(entry for entity in entities for entry in _settings_entries(entity)),
        *_BOTH,
        *(() if edition.has_leads else gated("custom_modules", custom_modules.ENTRIES)),
    )


ROUTES: Final = routes_of(SUITE)
