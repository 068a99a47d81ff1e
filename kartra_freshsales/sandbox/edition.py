"""The two generations of Freshsales: where each answers and which records it knows.

Constants only. What a plan allows lives in ``plans``, the calls themselves in ``routes``.
Reference, sections 1 and 1.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True)
class Edition:
    """One generation.

    ``address`` is the path the API answers under and ``pages`` the one of the web app's own
    routes, ``modules`` and ``bulk`` name the records it holds and those its bulk upsert
    takes, ``absent_fields`` are built-in fields its modules lack.
    """

    name: str
    address: str
    pages: str
    modules: tuple[str, ...]
    bulk: frozenset[str]
    absent_fields: Mapping[str, frozenset[str]]
    absent_selectors: frozenset[str]
    default_plan: str

    @property
    def has_leads(self) -> bool:
        """Whether leads are records of their own here."""
        return "leads" in self.modules


SUITE: Final = Edition(
    name="suite",
    address="/crm/sales/api",
    pages="/crm/sales",
    modules=("contacts", "sales_accounts", "deals"),
    bulk=frozenset({"contacts", "sales_accounts", "deals"}),
    absent_fields=MappingProxyType({"contacts": frozenset({"department"})}),
    absent_selectors=frozenset(),
    default_plan="growth",
)
CLASSIC: Final = Edition(
    name="classic",
    address="/api",
    pages="",
    modules=("contacts", "sales_accounts", "deals", "leads"),
    bulk=frozenset({"contacts", "leads"}),
    absent_fields=MappingProxyType(
        {"contacts": frozenset({"lifecycle_stage_id", "contact_status_id", "lists"})}
    ),
    absent_selectors=frozenset({"lifecycle_stages", "contact_statuses"}),
    default_plan="garden",
)
BY_NAME: Final[Mapping[str, Edition]] = MappingProxyType(
    {item.name: item for item in (SUITE, CLASSIC)}
)
