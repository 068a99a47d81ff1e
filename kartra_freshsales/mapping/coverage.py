"""What becomes of every column: mapped, derived or dropped on purpose (S1, S52).

Not here: the objects as a whole (``objects``), values.
"""

from collections.abc import Iterable
from collections.abc import Mapping as Table

import polars as pl

from kartra_freshsales.errors import MappingError
from kartra_freshsales.mapping.building.field_columns import CUSTOM, ENDPOINTS
from kartra_freshsales.mapping.decisions.default_fields import DERIVATIONS
from kartra_freshsales.mapping.decisions.fields import KINDS, Target
from kartra_freshsales.mapping.model import Mapping

MAPPED, DERIVED, DROPPED = "mapped", "derived", "dropped"
SCHEMA: dict[str, pl.DataType] = {
    "kind": pl.String(),
    "column": pl.String(),
    "decision": pl.String(),
    "target": pl.String(),
    "reason": pl.String(),
}
_Decision = tuple[str, str | None, str]


def coverage(columns_by_kind: Table[str, list[str]], mapping: Mapping) -> pl.DataFrame:
    """The decision for each column of each export kind.

    Args:
        columns_by_kind: columns as raw frames name them; names that start with ``_`` are
            ours and left out.
        mapping: the decisions.

    Returns:
        ``kind, column, decision`` (mapped, derived, dropped), ``target, reason``: one row
        per column, none left out.

    Raises:
        MappingError: columns without a decision (``unknown: stop`` in fields.yaml).
    """
    rows: list[tuple[str | None, ...]] = []
    undecided: list[str] = []
    for kind, columns in columns_by_kind.items():
        for column in _of_the_export(columns):
            decided = decision(str(kind), column, mapping)
            if decided is None:
                undecided.append(f"{kind}: {column}")
            else:
                rows.append((str(kind), column, *decided))
    if undecided:
        raise MappingError(
            f"{len(undecided)} column(s) have no decision: {', '.join(undecided)}.",
            file="fields.yaml",
            remedy="Set 'unknown' of that export to custom or drop.",
        )
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _of_the_export(columns: Iterable[str]) -> list[str]:
    names = (
        column.removeprefix(CUSTOM) for column in columns if not column.startswith("_")
    )
    return list(dict.fromkeys(names))


def decision(kind: str, column: str, mapping: Mapping) -> _Decision | None:
    """``decision, target, reason`` for one column; ``None`` where a person must decide."""
    if kind not in KINDS:
        return DROPPED, None, "a file of a kind that is not migrated; it stays as it is"
    target = mapping.fields.of(kind).get(column)
    if target is None:
        return _unknown(kind, column, mapping)
    if target.drop is not None and column in _carried_along(kind, mapping):
        return _custom(kind, column, "carried along by 'also' in source.yaml")
    return _known(kind, target)


def _carried_along(kind: str, mapping: Mapping) -> tuple[str, ...]:
    if kind == "contacts":
        return ()
    rules = mapping.source.transactions if kind == "transactions" else None
    return rules.also if rules else mapping.source.subscriptions.also


def _custom(kind: str, label: str, reason: str) -> _Decision:
    return MAPPED, f"{ENDPOINTS[kind]}: custom field {label!r}", reason


def _known(kind: str, target: Target) -> _Decision:
    if target.drop is not None:
        return DROPPED, None, target.drop
    if target.derived is not None:
        words = DERIVATIONS[kind][target.derived]
        return DERIVED, f"{ENDPOINTS[kind]}: {words}", f"contributes to {target.derived}"
    if target.custom is not None:
        reason = f"a {target.custom.type} field of our own"
        return _custom(kind, target.custom.label, reason)
    return MAPPED, f"{ENDPOINTS[kind]}.{target.field}", "the same meaning in Freshsales"


def _unknown(kind: str, column: str, mapping: Mapping) -> _Decision | None:
    rule = mapping.fields.unknown_rule(kind)
    if rule == "stop":
        return None
    if rule == "drop":
        return (
            DROPPED,
            None,
            "'unknown' in fields.yaml leaves the account's own fields behind",
        )
    declared = mapping.custom_fields.of(kind, column)
    known = (
        f"declared as {declared.kind}" if declared else "its type follows from its values"
    )
    return _custom(kind, column, f"a field of the account itself; {known}")
