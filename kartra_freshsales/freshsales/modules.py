"""The modules records are loaded into, in dependency order, and where each one lives.

Not here: which record goes into which module (``mapping``).
"""

from enum import StrEnum

SUITE, CLASSIC = "suite", "classic"


class Module(StrEnum):
    """What a payload is meant to become. Declared in loading order."""

    SALES_ACCOUNTS = "sales_accounts"
    CONTACTS = "contacts"
    LEADS = "leads"
    DEALS = "deals"
    SUBSCRIPTIONS = "subscriptions"
    NOTES = "notes"
    ACTIVITIES = "activities"
    FILES = "files"
    LISTS = "lists"

    @property
    def endpoint(self) -> str:
        """The Suite's path segment: leads live in contacts, subscriptions in deals."""
        return _SUITE_ENDPOINTS.get(self, self.value)

    @property
    def singular(self) -> str:
        """The key that wraps one record of this module's endpoint in a body."""
        return singular(self.endpoint)

    def endpoint_in(self, edition: str) -> str:
        """The path segment in ``suite`` or ``classic``; Classic has leads of its own."""
        if edition == CLASSIC and self is Module.LEADS:
            return self.value
        return self.endpoint


_SUITE_ENDPOINTS: dict[Module, str] = {
    Module.LEADS: "contacts",
    Module.SUBSCRIPTIONS: "deals",
}

HUNG = frozenset({Module.NOTES, Module.ACTIVITIES, Module.FILES, Module.LISTS})
"""Modules of what hangs on records: no view shows them, and each has calls of its own."""

RECORD_ENDPOINTS = ("sales_accounts", "contacts", "deals")
"""Endpoints of the Suite with views, metadata and bulk calls, parents first."""

_LEADS_TOO = ("sales_accounts", "contacts", "leads", "deals")
_BULK: dict[str, frozenset[str]] = {
    SUITE: frozenset(RECORD_ENDPOINTS),
    # Seen for these two only (reference, section 1); the others go one by one.
    CLASSIC: frozenset({"contacts", "leads"}),
}


def record_endpoints(edition: str) -> tuple[str, ...]:
    """Endpoints of an edition with views and metadata, parents first."""
    return _LEADS_TOO if edition == CLASSIC else RECORD_ENDPOINTS


def bulk_endpoints(edition: str) -> frozenset[str]:
    """Endpoints of an edition that take a hundred records in one call."""
    return _BULK[edition]


def singular(endpoint: str) -> str:
    """``sales_accounts`` → ``sales_account``: the envelope key of one record."""
    return endpoint.removesuffix("s")
