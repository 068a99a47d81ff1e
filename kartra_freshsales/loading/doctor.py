"""Looks at everything a migration needs before it starts, and says what to fix.

Reads only. Not here: trying what reading cannot tell (``probe``), printing (``cli``),
repairing anything.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from kartra_freshsales.errors import (
    BadInput,
    DestinationError,
    Forbidden,
    KartraFreshsalesError,
    NotFound,
)
from kartra_freshsales.freshsales.address import PATHS, at_edition, edition_of
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.metadata import Metadata, read_metadata
from kartra_freshsales.freshsales.modules import CLASSIC, SUITE, record_endpoints
from kartra_freshsales.loading.doctor_fields import fields_of
from kartra_freshsales.loading.doctor_plan import plan_of
from kartra_freshsales.loading.findings import OK, PROBLEM, Finding, warned, wrong
from kartra_freshsales.loading.pages import view_ids
from kartra_freshsales.loading.session import ViewNames

Lookup = Callable[[], list[dict[str, object]]]

_ADMIN = "Use the key of an account admin."
_NEEDED = frozenset({"owners", "deal_pipelines"})
_OF_SUITE = ("selector lifecycle_stages", "selector contact_statuses")
_STANDARD_VIEWS = {
    "sales_accounts": ("All Accounts",),
    "contacts": ("All Contacts",),
    "leads": ("All Leads",),
    "deals": ("Open Deals", "Won Deals", "Lost Deals"),
}
_BIN = "recycle bin"


@dataclass(frozen=True)
class Expected:
    """What the decision files say of the account. ``caps`` are custom fields by type."""

    edition: str
    plan: str
    default_owner: str = ""
    views: ViewNames = field(default_factory=dict)
    caps: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Use:
    """Requests the ledger knows of the last hour, and how many it allows itself."""

    last_hour: int
    allowed: int


@dataclass
class _Tolerant:
    """Reads settings; notes what this key may not read, and goes on."""

    client: FreshsalesClient
    denied: list[str] = field(default_factory=list)
    read: int = 0

    def selector(self, name: str) -> list[dict[str, object]]:
        """Items of one selector."""
        return self._tried(f"selector {name}", lambda: self.client.selector(name))

    def fields(self, endpoint: str) -> list[dict[str, object]]:
        """Fields of a module."""
        return self._tried(f"fields of {endpoint}", lambda: self.client.fields(endpoint))

    def filters(self, endpoint: str) -> list[dict[str, object]]:
        """Saved views of a module."""
        return self._tried(f"views of {endpoint}", lambda: self.client.filters(endpoint))

    def forms(self, endpoint: str) -> list[dict[str, object]]:
        """Forms of a module; nobody has promised that there is a call for them."""
        return self.client.forms(endpoint)

    def _tried(self, what: str, call: Lookup) -> list[dict[str, object]]:
        try:
            found = call()
        except NotFound:
            if not self.read:
                raise
            self.denied.append(what)
        except Forbidden:
            self.denied.append(what)
        else:
            self.read += 1
            return found
        return []


@dataclass(frozen=True)
class Looked:
    """What the doctor found, and the settings it read on the way, if it came so far."""

    findings: list[Finding]
    metadata: Metadata | None = None


def examine(client: FreshsalesClient, expected: Expected, use: Use | None = None) -> Looked:
    """Check address, key, rights, edition, plan, users, stages, views, fields, requests."""
    try:
        has_leads, look, metadata = _read(client, expected.edition)
    except KartraFreshsalesError as error:
        return Looked([_no_way_in(client, expected, error)])
    if not look.read:
        return Looked([wrong("Rights", "this key may not read anything", _ADMIN_ONLY)])
    findings = [
        *_entrance(client, expected, has_leads=has_leads),
        *_rights(look.denied, expected.edition),
        *plan_of(client, metadata, expected.edition, expected.plan),
        *_people(metadata, expected.default_owner),
        *_stages(metadata),
    ]
    if expected.edition == SUITE and "selector lifecycle_stages" not in look.denied:
        findings.append(_lifecycle(metadata))
    for endpoint in metadata.fields:
        findings += fields_of(metadata, endpoint, expected.caps)
        if f"views of {endpoint}" not in look.denied:
            findings += _views(metadata, endpoint, expected.views)
    if use is not None:
        findings.append(_requests(use))
    return Looked(findings, metadata)


_ADMIN_ONLY = "Use an account admin's key, and check that the plan has these modules."


def _read(client: FreshsalesClient, edition: str) -> tuple[bool, _Tolerant, Metadata]:
    look = _Tolerant(client)
    has_leads = client.answers("/leads/filters")
    there = CLASSIC if has_leads and edition == CLASSIC else SUITE
    return has_leads, look, read_metadata(look, record_endpoints(there))


def _no_way_in(
    client: FreshsalesClient, expected: Expected, error: KartraFreshsalesError
) -> Finding:
    """Nothing could be read: why, and who answers on that host instead, if anybody."""
    if not isinstance(error, NotFound):
        return wrong("Address and key", error.what, error.remedy)
    given = edition_of(client.base_url)
    for edition, path in PATHS.items():
        address = at_edition(client.base_url, edition)
        if address != client.base_url and _answers(client, address):
            return wrong(
                "Address",
                f"{error.what} On this host {edition.title()} answers, under {path}"
                + (f"; the address given is one of {given.title()}." if given else "."),
                f"Let FRESHSALES_BASE_URL end in {path}, and 'edition' in "
                f"mappings/destination.yaml be {edition!r}.",
            )
    other = f" It is an address of {given.title()}." if given else ""
    clash = given is not None and given != expected.edition
    also = f" The mapping says {expected.edition!r}: one of both is wrong." if clash else ""
    return wrong(
        "Address",
        f"{error.what}{other} A host name that is no bundle's answers 404, too.{also}",
        error.remedy,
    )


def _answers(client: FreshsalesClient, address: str) -> bool:
    try:
        with client.elsewhere(address) as other:
            other.selector("owners")
    except Forbidden:
        return True
    except DestinationError:
        return False
    return True


def _entrance(
    client: FreshsalesClient, expected: Expected, *, has_leads: bool
) -> Iterator[Finding]:
    yield Finding("Address and key", OK, "settings can be read")
    given, edition = edition_of(client.base_url), expected.edition
    if given is not None and given != edition:
        yield wrong(
            "Address",
            f"is one of {given.title()}, but the mapping says {edition!r}",
            "Correct 'edition' in mappings/destination.yaml, or FRESHSALES_BASE_URL.",
        )
    if has_leads == (edition == CLASSIC):
        yield Finding("Edition", OK, edition)
    else:
        yield wrong(
            "Edition",
            f"the account has {'a' if has_leads else 'no'} Leads module, but the mapping "
            f"says {edition!r}",
            "Correct 'edition' in mappings/destination.yaml.",
        )


def _rights(denied: list[str], edition: str) -> Iterator[Finding]:
    """A restricted user was refused owners while other settings could be read (1)."""
    absent = () if edition == SUITE else _OF_SUITE
    missed = [what for what in denied if what not in absent]
    for what in missed:
        name = what.removeprefix("selector ")
        needed = name in _NEEDED or not what.startswith("selector ")
        state = wrong if needed else warned
        more = ", while other settings can: its user is restricted" if needed else ""
        yield state(
            f"Right to read {name}", f"{name} cannot be read with this key{more}", _ADMIN
        )
    if not missed:
        yield Finding("Rights", OK, "every setting can be read")


def _people(metadata: Metadata, default_owner: str) -> Iterator[Finding]:
    active = {user.email.casefold() for user in metadata.users if user.is_active}
    idle = len(metadata.users) - len(active)
    state = OK if active else PROBLEM
    yield Finding(
        "Active users",
        state,
        f"{len(active)}" + (f", and {idle} without access" if idle else ""),
        "" if active else "Invite users.",
    )
    if default_owner and default_owner.casefold() not in active:
        yield wrong(
            "Default owner",
            "is no active user of the account",
            "Correct 'default_owner' in mappings/owners.yaml.",
        )


def _stages(metadata: Metadata) -> Iterator[Finding]:
    stages = sum(len(pipeline.stages) for pipeline in metadata.pipelines)
    yield Finding(
        "Pipelines",
        OK if stages else PROBLEM,
        f"{stages} deal stages in {len(metadata.pipelines)} pipeline(s)",
        "" if stages else "Set up a deal pipeline in Freshsales.",
    )
    for pipeline in metadata.pipelines:
        ends = {stage.forecast_type for stage in pipeline.stages}
        lacking = sorted({"Closed Won", "Closed Lost"} - ends)
        if pipeline.stages and lacking:
            yield warned(
                f"Pipeline {pipeline.name}",
                f"has no stage of type {' or '.join(lacking)}",
                "Add one in Freshsales if sales of that kind are to go there.",
            )


def _lifecycle(metadata: Metadata) -> Finding:
    count = len(metadata.lifecycle_stages)
    return Finding(
        "Lifecycle stages",
        OK if count else PROBLEM,
        f"{count} with {len(metadata.contact_statuses)} statuses",
        "" if count else "Set up lifecycle stages in Freshsales.",
    )


def _views(metadata: Metadata, endpoint: str, views: ViewNames) -> Iterator[Finding]:
    """Views are the only way to list records; a key sees those its user may see (3.3)."""
    known = {name.casefold() for name in metadata.views.get(endpoint, {})}
    what = f"Views of {endpoint}"
    try:
        used = view_ids(metadata, endpoint, views)
    except BadInput as error:
        wanted = views.get(endpoint) or _STANDARD_VIEWS[endpoint]
        lacking = [str(n) for n in wanted if str(n).casefold() not in known]
        yield wrong(
            what,
            f"missing: {', '.join(lacking)}. Without them {endpoint} cannot be read, so "
            "nothing can be compared, verified or rolled back",
            error.remedy,
        )
    else:
        yield Finding(what, OK, ", ".join(used))
    if _BIN not in known:
        yield warned(
            what,
            "missing: Recycle Bin. A load after a rollback cannot see what lies there, and "
            "erases every earlier record of its own by id",
            "Let the key's user see the view 'Recycle Bin' in Freshsales.",
        )


def _requests(use: Use) -> Finding:
    known = f"{use.last_hour:,} in the last hour by this ledger"
    room = f", of {use.allowed:,} it allows itself" if use.allowed else ", without a limit"
    return Finding(
        "Requests", OK, f"{known}{room}; Freshsales does not tell what others have used"
    )
