"""Operations for records that stand somewhere already: known to the ledger, or found there.

The only row-by-row part of a plan; records that are new never come here. Not here: the
rules for one record (``diff``), matching (``matching``).
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import polars as pl

from kartra_freshsales.freshsales.comparison import is_blank
from kartra_freshsales.mapping.decisions.conflicts import Conflicts
from kartra_freshsales.planning.diff import (
    CONSENT_NOT_RAISED,
    KEPT_BY_DECISION,
    Difference,
    FieldConflict,
    Lost,
    Resolve,
    difference,
    settled,
)
from kartra_freshsales.reconcile.references import REFERENCES
from kartra_freshsales.reconcile.values import as_text

ADOPTED, CHANGED_BY_PEOPLE = "adopted", "changed_by_people"
_ACTIVITIES, _ONCE = "activities", ("activities", "files")
KEPT_AS_LOADED = "kept_as_loaded"
"""History that was loaded is not written again, whatever the source says since."""
_CONFLICT_REMEDY = (
    "What people put there is kept. To write Kartra's value over it, say so in "
    "mappings/conflicts.yaml; the fields stand in reports/conflicts.csv."
)

CONFLICT_SCHEMA: dict[str, pl.DataType] = {
    name: pl.String()
    for name in (
        "module", "source_key", "field", "source", "written", "destination", "resolution",
    )
}  # fmt: skip

Ids = Mapping[tuple[str, str], int]
_NOTHING_SAID, _NONE_LOST = Conflicts(), dict[str, frozenset[int]]()


def resolver(ids: Ids) -> Resolve:
    """Look links up among the (module, source key) → id pairs of what stands there."""

    def resolve(key: str, source_key: str) -> int | None:
        targets = ((target, source_key) for target in REFERENCES[key].targets)
        return next((ids[target] for target in targets if target in ids), None)

    return resolve


@dataclass
class Decisions:
    """Growing columns: one entry per record, conflicts one per field."""

    at: list[int] = field(default_factory=list)
    operation: list[str] = field(default_factory=list)
    fields: list[list[str]] = field(default_factory=list)
    payload: list[str] = field(default_factory=list)
    reason: list[str | None] = field(default_factory=list)
    remedy: list[str | None] = field(default_factory=list)
    conflicts: list[tuple[str | None, ...]] = field(default_factory=list)

    def add(
        self,
        at: int,
        operation: str,
        payload: str,
        fields: list[str] | None = None,
        reason: str | None = None,
    ) -> None:
        """Note what happens to the record at this place."""
        self.at.append(at)
        self.operation.append(operation)
        self.payload.append(payload)
        self.fields.append(fields or [])
        self.reason.append(reason)
        self.remedy.append(_CONFLICT_REMEDY if operation == "conflict" else None)

    def contest(self, module: str, source_key: str, found: list[FieldConflict]) -> None:
        """Note the fields in which source and destination disagree."""
        self.conflicts += [
            (
                module,
                source_key,
                item.field,
                as_text(item.source),
                as_text(item.written),
                as_text(item.destination),
                item.resolution,
            )
            for item in found
        ]

    def frame(self) -> pl.DataFrame:
        """The records: ``_at, operation, fields, payload, reason, remedy``."""
        return pl.DataFrame(
            {
                "_at": self.at,
                "operation": self.operation,
                "fields": self.fields,
                "payload": self.payload,
                "reason": self.reason,
                "remedy": self.remedy,
            },
            schema={
                "_at": pl.UInt32(),
                "operation": pl.String(),
                "fields": pl.List(pl.String()),
                "payload": pl.String(),
                "reason": pl.String(),
                "remedy": pl.String(),
            },
        )

    def conflict_frame(self) -> pl.DataFrame:
        """The conflicts, with the columns of the ledger's."""
        return pl.DataFrame(self.conflicts, schema=CONFLICT_SCHEMA, orient="row")


def decide(
    records: pl.DataFrame,
    ids: Ids,
    said: Conflicts = _NOTHING_SAID,
    lost: Lost = _NONE_LOST,
) -> Decisions:
    """Compare each record three ways.

    Args:
        records: ``_at, module, source_key, payload, _account, _contact, _written`` (null:
            we never wrote it), ``_hash`` (of the payload it was written from), ``_record``
            (null: cannot be read, it is taken to be as written).
        ids: (module, source key) → id of what stands in the destination.
        said: what a person decided about contested records.
        lost: link key → ids of records that are created again.
    """
    ours = said.changed_by_both == "ours"
    decisions, resolve = Decisions(), resolver(ids)
    columns = ("_at", "module", "source_key", "payload", "_account", "_contact",
               "_written", "_hash", "_record")  # fmt: skip
    for (
        at,
        module,
        key,
        payload,
        account,
        contact,
        written,
        hashed,
        record,
    ) in records.select(columns).iter_rows():
        if written and module in _ONCE:
            same = module != _ACTIVITIES or hashed == payload_hash(payload)
            decisions.add(at, "skip", payload, reason=None if same else KEPT_AS_LOADED)
            continue
        links = {"sales_account": account, "contact": contact}
        contested = said.names(module, key)
        if (
            written
            and not contested
            and hashed == payload_hash(payload)
            and module != "lists"
            # A note stays where it hangs; one on a lead went along with its conversion.
            and (module == "notes" or _linked_as_written(written, links, resolve))
        ):
            decisions.add(at, "skip", payload)
            continue
        intended, before = json.loads(payload), json.loads(written or "{}")
        if before and not contested and _unchanged(intended, before, resolve):
            decisions.add(at, "skip", payload)
            continue
        standing = json.loads(record) if record else None
        found = settled(
            difference(intended, before, standing, resolve, lost),
            partial(said.take, module, key),
            ours_by_default=ours,
        )
        decisions.contest(module, key, found.conflicts)
        _note(decisions, at, payload, found, adopted=not before)
    return decisions


def _linked_as_written(
    written: str, links: Mapping[str, str | None], resolve: Resolve
) -> bool:
    """Equal payloads may mean other records: one created again has another id."""
    for key, source_key in links.items():
        if source_key is not None:
            found = re.search(rf'"{key}": ?(\d+)[,}}]', written)
            if found is None or int(found[1]) != resolve(key, source_key):
                return False
    return True


def _unchanged(
    intended: Mapping[str, object], written: Mapping[str, object], resolve: Resolve
) -> bool:
    """Whether the source still says what we wrote: then nothing can need sending."""
    return "members" not in intended and all(
        is_blank(value)
        or (key in written and written[key] == _resolved(key, value, resolve))
        for key, value in intended.items()
    )


def _resolved(key: str, value: object, resolve: Resolve) -> object:
    if key in REFERENCES and isinstance(value, str):
        return resolve(key, value)
    return value


def _note(
    decisions: Decisions, at: int, payload: str, found: Difference, *, adopted: bool
) -> None:
    reason = ADOPTED if adopted else None
    if found.changed:
        if "tags" in found.changed:  # what is sent replaces what stands there
            merged = json.loads(payload) | {"tags": found.changed["tags"]}
            payload = json.dumps(merged, ensure_ascii=False)
        decisions.add(at, "update", payload, list(found.changed), reason)
    elif found.contested:
        decisions.add(at, "conflict", payload, reason=CHANGED_BY_PEOPLE)
    else:
        worth_a_word = (CONSENT_NOT_RAISED, KEPT_BY_DECISION)
        said = {item.resolution for item in found.conflicts}
        told = next((word for word in worth_a_word if word in said), None)
        decisions.add(at, "skip", payload, reason=reason or told)


def payload_hash(payload: str) -> str:
    """SHA-256 of a payload's text, as kept with the identity it was written for."""
    return hashlib.sha256(payload.encode()).hexdigest()
