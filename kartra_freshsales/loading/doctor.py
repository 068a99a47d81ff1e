"""Looks at everything a migration needs before it starts, and says what to fix.

Reads only. Not here: printing (``cli``), repairing anything.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kartra_freshsales.errors import Forbidden, KartraFreshsalesError, NotFound
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.metadata import Metadata, read_metadata
from kartra_freshsales.freshsales.modules import RECORD_ENDPOINTS


@dataclass(frozen=True)
class Finding:
    """One thing looked at. ``state`` is ok, warning or problem."""

    what: str
    state: str
    found: str
    remedy: str = ""


def examine(client: FreshsalesClient, *, edition: str, default_owner: str) -> list[Finding]:
    """Check address, key, rights, edition, users, stages, views and custom fields."""
    findings: list[Finding] = []
    metadata = _tried(findings, "Address, key and rights", lambda: _read(client))
    if metadata is None:
        return findings
    findings.append(Finding("Address, key and rights", "ok", "settings can be read"))
    findings += _edition(client, edition)
    findings += _account(metadata, default_owner)
    return findings


def _read(client: FreshsalesClient) -> Metadata:
    return read_metadata(client, RECORD_ENDPOINTS)


def _tried(
    findings: list[Finding], what: str, call: Callable[[], Metadata]
) -> Metadata | None:
    try:
        return call()
    except KartraFreshsalesError as error:
        findings.append(Finding(what, "problem", error.what, error.remedy))
        return None


def _edition(client: FreshsalesClient, edition: str) -> Iterator[Finding]:
    """Suite has no Leads module; an account that still shows one needs a decision."""
    try:
        client.filters("leads")
    except (Forbidden, NotFound):
        has_leads = False
    else:
        has_leads = True
    if has_leads == (edition == "classic"):
        yield Finding("Edition", "ok", edition)
    else:
        yield Finding(
            "Edition",
            "problem",
            f"the account {'has' if has_leads else 'has no'} Leads module, but the mapping "
            f"says {edition!r}",
            "Correct 'edition' in mappings/destination.yaml.",
        )


def _account(metadata: Metadata, default_owner: str) -> Iterator[Finding]:
    active = {user.email.casefold() for user in metadata.users if user.is_active}
    state = "ok" if active else "problem"
    yield Finding(
        "Active users", state, str(len(active)), "" if active else "Invite users."
    )
    if default_owner and default_owner.casefold() not in active:
        yield Finding(
            "Default owner",
            "problem",
            "is no active user of the account",
            "Correct 'default_owner' in mappings/owners.yaml.",
        )
    stages = sum(len(pipeline.stages) for pipeline in metadata.pipelines)
    yield Finding("Pipelines", "ok" if stages else "problem", f"{stages} deal stages")
    for selector in metadata.unreadable:
        yield Finding(
            f"Selector {selector}",
            "warning",
            "cannot be read with this key",
            "Use the key of an account admin.",
        )
    for endpoint, fields in metadata.fields.items():
        custom = sum(not field.default for field in fields)
        yield Finding(
            f"Fields of {endpoint}", "ok", f"{len(fields)}, {custom} of them custom"
        )
        required = [field.label for field in fields if field.required and not field.default]
        if required:
            yield Finding(
                f"Required fields of {endpoint}",
                "warning",
                ", ".join(required),
                "Records without them will be refused: map a column to each, or make them "
                "optional in Freshsales.",
            )
