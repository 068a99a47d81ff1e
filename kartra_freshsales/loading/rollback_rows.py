"""The rows of a rollback plan, how they are counted, priced and told.

Pure. Not here: deciding what a row says (``rollback_judge``).
"""

import json
import math
from collections.abc import Iterable, Mapping

import polars as pl

from kartra_freshsales.freshsales.modules import CLASSIC, Module, bulk_endpoints
from kartra_freshsales.ledger.records import Json
from kartra_freshsales.ledger.states import IdentityState, Operation
from kartra_freshsales.loading.rollback_judge import AS_BEFORE, DELETED, Judgement
from kartra_freshsales.loading.rollback_model import (
    ListUndo,
    NoteUndo,
    RecordUndo,
    Scope,
)
from kartra_freshsales.loading.rollback_reading import Reading
from kartra_freshsales.loading.rollback_steps import GROUP
from kartra_freshsales.planning import no_way_back

SCHEMA: dict[str, pl.DataType] = {
    "module": pl.String(),
    "source_key": pl.String(),
    "freshsales_id": pl.Int64(),
    "operation": pl.String(),
    "fields": pl.List(pl.String()),
    "pre_image": pl.String(),
    "action": pl.String(),
    "reason": pl.String(),
    "batch": pl.String(),
    "undoes": pl.List(pl.Int64()),
}


def row_of(**values: object) -> Json:
    """A row of a plan; what is not given is empty."""
    return dict.fromkeys(SCHEMA) | {"fields": [], "action": "undo"} | values


def record_rows(undo: RecordUndo, judged: Judgement) -> list[Json]:
    """A record's row, and a second one for the fields that are left alone."""
    facts: Json = {
        "module": undo.module,
        "source_key": undo.source_key,
        "freshsales_id": undo.freshsales_id,
        "operation": "delete" if undo.created else "restore",
        "batch": undo.batch,
        "undoes": list(undo.undoes),
    }
    kept: Json = {"fields": sorted(judged.kept), "action": "spare"}
    if judged.reason is not None:
        return [row_of(**facts) | kept | {"reason": judged.reason}]
    if undo.created:
        return [row_of(**facts)]
    made = []
    if judged.restore or not judged.kept:
        values = json.dumps(judged.restore, sort_keys=True, ensure_ascii=False)
        done: Json = {"fields": sorted(judged.restore), "pre_image": values}
        reason = None if judged.restore else AS_BEFORE
        made.append(row_of(**facts) | done | {"reason": reason})
    for reason in sorted(set(judged.kept.values())):
        names = sorted(name for name, why in judged.kept.items() if why == reason)
        made.append(row_of(**facts) | kept | {"fields": names, "reason": reason})
    return made


def note_row(undo: NoteUndo, reason: str | None) -> Json:
    """A note's row: it goes, or its earlier text is written back."""
    deleting = undo.before is None
    text = None if deleting else json.dumps({"description": undo.before})
    return row_of(
        module=str(Module.NOTES),
        source_key=undo.source_key,
        freshsales_id=undo.note_id,
        operation="delete_note" if deleting else "restore",
        fields=[] if deleting else ["description"],
        pre_image=text if reason is None else None,
        action="undo" if reason is None else "spare",
        reason=reason,
        batch=undo.batch,
        undoes=list(undo.undoes),
    )


def list_row(undo: ListUndo, ids: list[int]) -> Json:
    """A list's row: the members of ours that are still on it."""
    return row_of(
        module=str(Module.LISTS),
        source_key=undo.name,
        freshsales_id=undo.list_id,
        operation="remove_member",
        pre_image=json.dumps({"remove": ids}),
        reason=None if ids else AS_BEFORE,
        batch=undo.batch,
        undoes=list(undo.undoes),
    )


def counts(rows: pl.DataFrame) -> dict[str, int]:
    """Rows to undo by operation, and rows spared."""
    undone = rows.filter(pl.col("action") == "undo")
    names = ("delete", "restore", "remove_member", "delete_note")
    made = {name: undone.filter(pl.col("operation") == name).height for name in names}
    if activities := undone.filter(pl.col("operation") == "delete_activity").height:
        made["delete_activity"] = activities
    return made | {"spared": rows.height - undone.height}


def cannot_undo(
    rows: pl.DataFrame, scope: Scope, *, hard: bool, edition: str
) -> Iterable[str]:
    """What stays whatever we do, said before and after (API reference, section 9)."""
    done = set(rows.filter(pl.col("action") == "undo")["operation"].to_list())
    if {Operation.CREATE_LIST, Operation.ADD_MEMBER} & scope.left_behind:
        yield no_way_back.LISTS
    if scope.files:
        yield (
            f"{scope.files} uploaded file(s) cannot be deleted by the API: those on records"
            " that are deleted go with them, the others stay; remove them in Freshsales."
        )
    converted = rows.filter((pl.col("module") == "leads") & (pl.col("reason") == DELETED))
    lost = (m == "leads" and s is IdentityState.LOST for (m, _), s in scope.states.items())
    gone = converted.height + sum(lost)
    if edition == CLASSIC and gone:
        yield (
            f"{gone} lead(s) are gone: where people converted them, the contacts,"
            " accounts and deals they became stay."
        )
    if Operation.CREATE_FIELD in scope.left_behind:
        yield "Custom fields stay: an admin removes them in Freshsales."
    if "delete" in done and not hard:
        yield no_way_back.BIN
    if "delete" in done and hard:
        yield "Erased records cannot be brought back, not even by Freshsales."
    if done & {"delete", "restore"}:
        yield from (no_way_back.WORKFLOWS, no_way_back.TRACES, no_way_back.TAGS)
    if scope.emptied:
        yield (
            f"{scope.emptied} writes cannot be undone: their contents were purged from"
            " the ledger."
        )


def requests(
    rows: pl.DataFrame, readings: Mapping[str, Reading], *, hard: bool, edition: str
) -> int:
    """Requests the undo needs: writes, one poll per job, reading before and after."""
    bulk = bulk_endpoints(edition)
    undone = rows.filter(pl.col("action") == "undo")
    total = 2 * sum(reading.requests for reading in readings.values())
    for (module, operation), some in undone.group_by("module", "operation"):
        needing = some.filter(pl.col("reason").is_null())
        groups = math.ceil(needing.height / GROUP)
        if operation == "delete":
            total += needing.height if hard else groups
        elif operation == "restore" and Module(module).endpoint_in(edition) in bulk:
            total += 2 * groups
        elif operation == "delete_activity":
            total += 2 * needing.height  # deleted, then asked for
        elif operation != "remove_member":
            total += needing.height
        else:
            texts = needing["pre_image"].to_list()
            members = (len(json.loads(text)["remove"]) for text in texts)
            total += sum(math.ceil(count / GROUP) for count in members)
    return total
