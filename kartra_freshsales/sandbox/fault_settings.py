"""What may go wrong in a sandbox, as plain values of a configuration.

Deciding when a fault strikes is ``faults``'s work, carrying it out that of ``mishaps`` and
``people``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

EVENTS: Final = (
    "key_revoked",
    "record_edited",
    "owner_deactivated",
    "field_removed",
    "choice_renamed",
)
"""What people do in the account while a load runs; the request itself is answered."""

JOBS: Final = ("job_loses_row", "job_never_finishes", "job_takes_long")

WHEN: Final[Mapping[str, frozenset[str]]] = {
    "burst_429": frozenset({"before read", "before write"}),
    "hidden_429": frozenset({"before read", "before write"}),
    "error_before_write": frozenset({"before write"}),
    "error_on_read": frozenset({"before read"}),
    "drop_on_read": frozenset({"before read"}),
    "bad_gateway": frozenset({"before read", "before write"}),
    "unavailable": frozenset({"before read", "before write"}),
    "drop_before_write": frozenset({"before write"}),
    "drop_after_write": frozenset({"after write"}),
    "error_after_write": frozenset({"after write"}),
    "hang_after_write": frozenset({"after write"}),
    "slow_answer": frozenset({"after read", "after write"}),
    "truncated_body": frozenset({"after read", "after write"}),
    "cut_json": frozenset({"after read", "after write"}),
    **dict.fromkeys(EVENTS, frozenset({"event"})),
    **{name: frozenset({name}) for name in JOBS},
}
"""Every kind of fault and the moments it can strike at. "After" means that the call was
carried out and its answer suffers; ``error_before_write`` and ``error_on_read`` are 500,
``bad_gateway`` 502, ``unavailable`` 503."""

FORMS: Final = ("seconds", "date", "none")
"""How a ``Retry-After`` header is given; its form is not public (reference, 12.5)."""


@dataclass(frozen=True)
class Fault:
    """One fault with a trigger of its own.

    It strikes with ``probability`` each call whose route (``POST /contacts/bulk_upsert``)
    contains one of ``routes``, after ``first_request`` calls have passed; or once, at the
    first such call from number ``at_request`` on. ``at_most`` ends it. Calls are counted
    from the start, or from when the faults were last changed.

    ``seconds`` is how long ``hang_after_write`` and ``slow_answer`` wait and how much later
    ``job_takes_long`` is due; ``length`` how many calls a ``burst_429`` takes;
    ``retry_after`` (seconds, or null for no header) goes with ``burst_429`` and
    ``unavailable``. ``what`` describes an event: ``record_edited`` takes ``module``, ``id``
    (without: the record changed last) and ``data``; ``owner_deactivated`` ``email`` or
    ``id``; ``field_removed`` ``module`` and ``name``; ``choice_renamed`` ``module``,
    ``name``, ``old`` and ``new``.
    """

    kind: str
    probability: float = 1.0
    at_request: int | None = None
    first_request: int = 0
    at_most: int | None = None
    routes: tuple[str, ...] = ()
    seconds: float = 1.0
    length: int = 1
    retry_after: float | None = None
    retry_after_form: str | None = None
    what: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what nobody has described."""
        if self.kind not in WHEN:
            raise ValueError(f"unknown fault {self.kind!r}; known: {sorted(WHEN)}")
        if not 0 <= self.probability <= 1:
            raise ValueError(f"{self.kind}: a probability lies between 0 and 1")
        _checked_form(self.retry_after_form or "seconds")

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Fault:
        """Build one from plain values, refusing names that are not known."""
        _refuse_unknown(cls, values)
        if "kind" not in values:
            raise ValueError("a rule needs the kind of its fault")
        return cls(**_tupled(values))


@dataclass(frozen=True)
class Faults:
    """What goes wrong, and how often. Probabilities lie between 0 and 1.

    The probabilities named here share ``routes`` (calls whose route contains one of the
    texts), ``first_request`` (calls that pass first) and ``at_most`` (the end of it all, so
    that a retried load is sure to finish). ``rules`` hold faults with a trigger each, and
    every kind of fault there is. All roll one die, begun from ``seed``.

    ``retry_after_form`` holds for every 429 and 503 that tells when to come back, the
    account's own limit included.
    """

    seed: int = 1
    drop_after_write: float = 0.0
    error_after_write: float = 0.0
    hang_after_write: float = 0.0
    hang_seconds: float = 60.0
    error_before_write: float = 0.0
    error_on_read: float = 0.0
    drop_on_read: float = 0.0
    burst_429: float = 0.0
    burst_length: int = 3
    burst_retry_after: float | None = 1.0
    hidden_429: float = 0.0
    job_loses_row: float = 0.0
    job_never_finishes: float = 0.0
    routes: tuple[str, ...] = ()
    first_request: int = 0
    at_most: int | None = None
    retry_after_form: str = "seconds"
    rules: tuple[Fault, ...] = ()

    def __post_init__(self) -> None:
        """Refuse forms of a header that nobody has described."""
        _checked_form(self.retry_after_form)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Faults:
        """Build faults from plain values, refusing names that are not known."""
        _refuse_unknown(cls, values)
        plain = _tupled(values)
        rules = plain.get("rules") or ()
        if not all(isinstance(rule, Mapping) for rule in rules):
            raise ValueError("rules: give a list of faults, each with its kind")
        return cls(**{**plain, "rules": tuple(Fault.from_mapping(rule) for rule in rules)})

    @classmethod
    def from_yaml(cls, path: Path) -> Faults:
        """Read faults from a YAML file holding a mapping of this class's names."""
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        if not isinstance(values, dict):
            raise ValueError(f"{path.name}: give fault names and values")  # noqa: TRY004
        return cls.from_mapping(values)

    def plain(self) -> dict[str, Any]:
        """The same as plain values, for YAML and JSON."""
        values = dataclasses.asdict(self)
        values["routes"] = list(self.routes)
        values["rules"] = [
            {**dataclasses.asdict(rule), "routes": list(rule.routes)} for rule in self.rules
        ]
        return values

    def shared(self) -> list[Fault]:
        """The probabilities named here as one fault each, in a settled order."""
        return [
            Fault(
                kind,
                probability,
                first_request=self.first_request,
                # What befalls a job has no route of its own to be told by.
                routes=() if kind in JOBS else self.routes,
                seconds=self.hang_seconds,
                length=self.burst_length,
                retry_after=self.burst_retry_after,
            )
            for kind in WHEN
            if (probability := getattr(self, kind, 0.0))
        ]


def _refuse_unknown(kind: type[Fault | Faults], values: Mapping[str, Any]) -> None:
    known = {item.name for item in dataclasses.fields(kind)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise ValueError(f"unknown fault(s) {', '.join(unknown)}; known: {sorted(known)}")


def _tupled(values: Mapping[str, Any]) -> dict[str, Any]:
    plain = dict(values)
    if "routes" in plain:
        plain["routes"] = tuple(str(item) for item in plain["routes"])
    return plain


def _checked_form(form: str) -> None:
    if form not in FORMS:
        raise ValueError(f"unknown retry_after_form {form!r}; use one of {sorted(FORMS)}")
