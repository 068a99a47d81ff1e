"""Tries with one record of each kind what no metadata tells, and takes it away again.

What is required beyond the metadata, whether contacts need an e-mail address, what a read
shows, whether tags are replaced, whether a wrong choice is refused (reference, sections 4
and 12). Not here: the writes themselves (``probe_records``), looking only (``doctor``).
"""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from kartra_freshsales.errors import (
    DestinationError,
    Forbidden,
    NotFound,
    Refused,
)
from kartra_freshsales.freshsales.comparison import same
from kartra_freshsales.freshsales.metadata import Field
from kartra_freshsales.freshsales.modules import record_endpoints
from kartra_freshsales.freshsales.records import Json
from kartra_freshsales.loading.doctor_fields import extra_required
from kartra_freshsales.loading.findings import OK, Finding, warned, wrong
from kartra_freshsales.loading.pages import view_ids
from kartra_freshsales.loading.probe_records import Made, ProbeRecords
from kartra_freshsales.loading.words import verdict_of

TAGS = ("kartra-probe-1", "kartra-probe-2")
_NAME = "Kartra probe {} (delete me)"
_NOWHERE = "no such choice"
_PEOPLE = frozenset({"contacts", "leads"})
_DROPDOWNS = frozenset({"dropdown", "radio"})
_STAGES = {"contacts": "lifecycle_stage_id", "deals": "deal_stage_id"}
_BY_HAND = "Search Freshsales for 'Kartra probe', its recycle bin too, and delete by hand."


def probe(records: ProbeRecords, *, edition: str, default_owner: str = "") -> list[Finding]:
    """Try each module of the edition with one record; whatever happens, clean up.

    Args:
        records: the account, its ledger and the run.
        edition: ``suite`` or ``classic``.
        default_owner: who is to own the records, by e-mail address.

    Raises:
        BadInput: no view shows a module's records, so a lost one could not be found again.
    """
    findings: list[Finding] = []
    _require_views(records, edition)
    records.sweep()
    trial = _Trial(records, uuid.uuid4().hex[:8], _owner(records, default_owner))
    try:
        for endpoint in record_endpoints(edition):
            findings += trial.of(endpoint)
    finally:
        made = len(records.made)
        left = records.remove_all()
    return [*findings, _cleaned(made, [*map(str, left), *records.doubtful])]


def _owner(records: ProbeRecords, default_owner: str) -> int | None:
    active = [user for user in records.metadata.users if user.is_active]
    wanted = [u for u in active if u.email.casefold() == default_owner.casefold()]
    return next((user.id for user in wanted or active), None)


def _cleaned(made: int, left: list[str]) -> Finding:
    if left:
        return wrong("Probe: cleaning up", f"not removed: {', '.join(left)}", _BY_HAND)
    tags = " and ".join(TAGS)
    found = f"{made} records made and erased; the tags {tags} stay in the list of tags"
    return Finding("Probe: cleaning up", OK, found)


@dataclass
class _Trial:
    """One probe under way. ``account`` is the sales account it made, for deals to link."""

    records: ProbeRecords
    stamp: str
    owner: int | None
    account: int | None = None

    def of(self, endpoint: str) -> Iterator[Finding]:
        """Findings of one module; a step that fails is one, and ends the module."""
        try:
            if endpoint in _PEOPLE:
                yield self._email_rule(endpoint)
            made, created = self._created(endpoint)
            yield created
            if made is None:
                return
            if endpoint == "sales_accounts":
                self.account = made.number
            for step in (self._shown, self._tags, self._choices):
                yield from self._tried(endpoint, made, step)
        except DestinationError as error:
            yield wrong(f"Probe of {endpoint}", error.what, error.remedy)

    def _tried(
        self, endpoint: str, made: Made, step: Callable[[Made], Iterator[Finding]]
    ) -> Iterator[Finding]:
        try:
            yield from step(made)
        except Refused as error:
            reason = verdict_of(error).reason
            yield warned(
                f"Probe of {endpoint}",
                f"a change that should pass was refused ({reason})",
                "Make the change by hand in Freshsales to see what it does not accept.",
            )

    def _minimum(self, endpoint: str) -> Json:
        name = _NAME.format(self.stamp)
        if endpoint in _PEOPLE:
            address = f"kartra-probe-{self.stamp}-{endpoint}@example.com"
            return {"last_name": name, "email": address}
        return {"name": name, "amount": "0"} if endpoint == "deals" else {"name": name}

    def _email_rule(self, endpoint: str) -> Finding:
        """Reference, section 4 and 12.17."""
        what = f"Probe: {endpoint} without an e-mail"
        flat = self._minimum(endpoint)
        try:
            self.records.create(endpoint, {"last_name": f"{flat['last_name']} no e-mail"})
        except Refused:
            return Finding(what, OK, "refused, as assumed: they go to the review queue")
        return Finding(
            what, OK, "taken by this account; they go to the review queue anyway"
        )

    def _created(self, endpoint: str) -> tuple[Made | None, Finding]:
        """With the least a record can have; else with all that the metadata asks for."""
        what, least = f"Probe: creating in {endpoint}", self._minimum(endpoint)
        asked = extra_required(self.records.metadata, endpoint)
        try:
            made = self.records.create(endpoint, least)
        except Refused as error:
            return self._filled(endpoint, least, asked, error)
        found = f"taken with {', '.join(least)} alone"
        if asked:
            names = ", ".join(field.label or field.name for field in asked)
            found += f", though the metadata requires {names}"
        return made, Finding(what, OK, found)

    def _filled(
        self, endpoint: str, least: Json, asked: list[Field], first: Refused
    ) -> tuple[Made | None, Finding]:
        what = f"Probe: creating in {endpoint}"
        more = {field.name: self._value(field) for field in asked}
        if endpoint == "deals" and self.account is not None:
            more["sales_account_id"] = self.account
        why = verdict_of(first, [*least, *more]).reason
        flat = {**least, **_linked(more)}
        try:
            made = self.records.create(endpoint, flat)
        except Refused as error:
            again = verdict_of(error, flat).reason
            return None, wrong(
                what,
                f"refused ({again}) even with {', '.join(flat)}",
                "Create one by hand in Freshsales to see what it asks for, and make that "
                "optional.",
            )
        return made, warned(
            what,
            f"refused with {', '.join(least)} alone ({why}); taken with {', '.join(more)}",
            "Map a column to each of those, or make them optional in Freshsales.",
        )

    def _value(self, field: Field) -> object:
        """Something a field of this type should take."""
        if field.name == "owner_id":
            return self.owner
        if field.choices:
            choice = field.choices[0]
            return choice.id if field.default else choice.value
        kind = field.type.casefold()
        if kind.startswith("date"):
            return datetime.now(UTC).date().isoformat()
        if kind in {"number", "decimal"}:
            return 0
        return True if kind == "checkbox" else _NAME.format(self.stamp)

    def _shown(self, made: Made) -> Iterator[Finding]:
        """Whether a read shows what was written, relations included (3.4)."""
        written: Json = {"tags": [TAGS[0]]}
        if self.owner is not None:
            written["owner_id"] = self.owner
        self.records.change(made, written)
        seen = self.records.read(made)
        wanted = {**self._minimum(made.endpoint), **written}
        differing = [k for k, v in wanted.items() if not same(k, v, seen.get(k)).equal]
        what = f"Probe: reading back {made.endpoint}"
        if not differing:
            yield Finding(what, OK, f"{', '.join(wanted)} came back as sent")
        else:
            yield warned(
                what,
                f"{', '.join(differing)} did not come back as sent",
                "A load would report these as differing: see the field in Freshsales, and "
                "whether a workflow changes it.",
            )

    def _tags(self, made: Made) -> Iterator[Finding]:
        """Reference 12.9: assumed to replace."""
        self.records.change(made, {"tags": [TAGS[1]]})
        seen = self.records.read(made).get("tags")
        what = f"Probe: tags of {made.endpoint}"
        if seen == [TAGS[1]]:
            yield Finding(what, OK, "writing tags replaces them, as assumed")
        else:
            kept = isinstance(seen, list) and set(TAGS) <= {str(tag) for tag in seen}
            yield warned(
                what,
                "writing tags adds to them" if kept else "tags were not taken as sent",
                "An undo cannot take a tag off: tell whoever approves the plan.",
            )

    def _choices(self, made: Made) -> Iterator[Finding]:
        """Reference 12.12: an unknown label, or else an unknown stage."""
        fields = self.records.metadata.fields.get(made.endpoint, [])
        custom = [f.name for f in fields if not f.default and f.type in _DROPDOWNS]
        stage = _STAGES.get(made.endpoint)
        stages = [f.name for f in fields if f.name == stage]
        if not custom and not stages:
            return
        name = (custom or stages)[0]
        bad: object = _NOWHERE if custom else 1
        what = f"Probe: a wrong choice in {made.endpoint}"
        try:
            self.records.change(made, {name: bad})
        except (Refused, NotFound, Forbidden):
            yield Finding(what, OK, f"{name}: refused")
            return
        stored = same(name, bad, self.records.read(made).get(name)).equal
        yield warned(
            what,
            f"{name}: {'taken as it is' if stored else 'dropped without a word'}",
            "Only our own check of the choices stands between a wrong one and the account: "
            "read the choices again right before the load.",
        )


def _linked(more: Json) -> Json:
    """A company's id under the key that records are flattened to."""
    if "sales_account_id" not in more:
        return more
    rest = {key: value for key, value in more.items() if key != "sales_account_id"}
    return {**rest, "sales_account": more["sales_account_id"]}


def _require_views(records: ProbeRecords, edition: str) -> None:
    for endpoint in record_endpoints(edition):
        view_ids(records.metadata, endpoint, records.views)
