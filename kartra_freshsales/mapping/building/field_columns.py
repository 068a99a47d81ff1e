"""Which golden columns go into custom fields, and under which label (S52, S56).

Not here: the types they get (``field_types``), Freshsales' own keys.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from kartra_freshsales.freshsales.modules import CLASSIC
from kartra_freshsales.mapping.building.prepare import (
    CONSENT_LABELS,
    REFUND_LABELS,
    golden_name,
)
from kartra_freshsales.mapping.decisions.deals import SUBSCRIPTION_STATUSES
from kartra_freshsales.mapping.model import Mapping

CUSTOM = "custom:"
ENDPOINTS = {"contacts": "contacts", "transactions": "deals", "subscriptions": "deals"}
CONSENT_LABEL = "Kartra consent"
LISTS_LABEL = "Kartra lists"
TAGS_LABEL = "Kartra tags"


@dataclass(frozen=True)
class FieldColumn:
    """A column of a prepared golden frame that goes into a custom field.

    ``asked`` is the type wanted before values are looked at: a Freshsales type, or a Kartra
    kind for declared columns. ``own`` tells our labels from the account's.
    """

    kind: str
    column: str
    label: str
    asked: str
    source_column: str
    choices: tuple[str, ...] = ()
    separator: str = ""
    own: bool = True

    @property
    def endpoint(self) -> str:
        """Where the field lives."""
        return ENDPOINTS[self.kind]


# Complete from the start: a choice cannot be added by API when a later export asks for it.
_CLOSED_CHOICES = {
    ("contacts", "source"): (
        "single-optin", "double-optin", "helpdesk", "affiliate-signup", "checkout",
        "import", "api", "manual",
    ),
    ("transactions", "transaction_type"): ("Sale", "Rebill"),
    ("subscriptions", "status"): SUBSCRIPTION_STATUSES,
}  # fmt: skip


def _mapped(kind: str, mapping: Mapping) -> Iterator[FieldColumn]:
    for column, target in mapping.fields.of(kind).items():
        if target.custom is not None:
            yield FieldColumn(
                kind,
                golden_name(kind, column),
                target.custom.label,
                target.custom.type,
                column,
                choices=_CLOSED_CHOICES.get((kind, column), ()),
            )


def _beside(kind: str, mapping: Mapping) -> Iterator[FieldColumn]:
    """Fields for what no single column holds: consent, refunds, the header's currency."""
    if kind == "contacts":
        if mapping.destination.consent_field:
            labels = tuple(CONSENT_LABELS.values())
            yield FieldColumn(
                kind, "_consent", CONSENT_LABEL, "dropdown", "consent", labels
            )
        if mapping.lists_become == "multi_select" and mapping.fields.derives(kind, "lists"):
            yield FieldColumn(kind, "_lists", LISTS_LABEL, "multi_select_dropdown", "lists")
        # No source says that a conversion carries tags along: a field that is mapped does.
        if mapping.destination.edition == CLASSIC and mapping.fields.derives(kind, "tags"):
            yield FieldColumn(kind, "_tags", TAGS_LABEL, "textarea", "tags")
        return
    yield FieldColumn(kind, "currency", "Kartra currency", "text", "currency")
    if kind == "transactions":
        refund = tuple(REFUND_LABELS.values())
        for column, label, asked, choices in (
            ("_refund_status", "Refund status", "dropdown", refund),
            ("_refunded_amount", "Refunded amount", "number", ()),
            ("_refund_date", "Refund date", "date", ()),
            ("_refund_ids", "Refund IDs", "text", ()),
        ):
            yield FieldColumn(kind, column, label, asked, column.lstrip("_"), choices)


def _unknown(kind: str, frame: pl.DataFrame, mapping: Mapping) -> Iterator[FieldColumn]:
    """The account's own columns, and those that ``also`` in source.yaml carries along."""
    for name in frame.columns:
        if not name.startswith(CUSTOM):
            continue
        header = name.removeprefix(CUSTOM)
        target = mapping.fields.of(kind).get(header)
        if target is None and mapping.fields.unknown_rule(kind) == "drop":
            continue
        if target is not None and golden_name(kind, header) == name:
            continue
        declared = mapping.custom_fields.of(kind, header)
        yield FieldColumn(
            kind,
            name,
            header,
            declared.kind if declared else "text",
            header,
            choices=declared.choices if declared else (),
            separator=declared.separator if declared else "",
            own=False,
        )


def field_columns(kind: str, frame: pl.DataFrame, mapping: Mapping) -> list[FieldColumn]:
    """Every column of a prepared frame that goes into a custom field; labels are unique.

    A column of the account whose header is one of our labels keeps its words and gets
    ``(Kartra)`` behind them; headers that differ only by letter case get a number.
    """
    taken: set[str] = set()
    found = []
    for each in (*_mapped(kind, mapping), *_beside(kind, mapping)):
        taken.add(each.label.casefold())
        if each.column in frame.columns:
            found.append(each)
    for each in sorted(_unknown(kind, frame, mapping), key=lambda each: each.label):
        label = _free(each.label, taken)
        taken.add(label.casefold())
        found.append(FieldColumn(**{**vars(each), "label": label}))
    return found


def _free(label: str, taken: set[str]) -> str:
    free, number = label, 1
    while free.casefold() in taken:
        free = f"{label} (Kartra)" if number == 1 else f"{label} (Kartra {number})"
        number += 1
    return free
