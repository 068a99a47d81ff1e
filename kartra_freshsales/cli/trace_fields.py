"""One field's way: its column, the rows that gave it or lost, the rules (G11).

Not here: finding rows and records (``trace_rows``, ``trace_story``).
"""

from collections.abc import Mapping as Table
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from kartra_freshsales.mapping.building.field_columns import CUSTOM, field_columns
from kartra_freshsales.mapping.building.prepare import prepared
from kartra_freshsales.mapping.custom_fields import internal_name
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales.transforms import normalisations as n
from kartra_freshsales.transforms.contact_columns import PARAGRAPHS

if TYPE_CHECKING:
    from kartra_freshsales.freshsales.lookups import Lookups

EXPORTS = {
    "sales_accounts": "contacts", "contacts": "contacts", "leads": "contacts",
    "notes": "contacts", "lists": "contacts", "deals": "transactions",
    "subscriptions": "subscriptions",
}  # fmt: skip
"""Module → the export its records come from."""

ROUTED, DERIVED_ID = "by mappings/routing.yaml", "by mappings/stages.yaml"
_GDPR = ("gdpr_status", "gdpr_communications", "mail_status")


@dataclass(frozen=True)
class Origin:
    """Where a payload's key comes from: columns of the export, and the rule by default.

    ``one_line`` says that the column's texts are names, places or titles.
    """

    columns: tuple[str, ...]
    rule: str = ""
    one_line: bool = True


_DERIVED: dict[str, dict[str, Origin]] = {
    "contacts": {
        "first_name": Origin(("first_name", "full_name"), n.FULL_NAME),
        "last_name": Origin(("last_name", "full_name", "email"), n.STAND_IN),
        "mobile_number": Origin(("phone", "phone_country_code"), n.PHONE),
        "work_number": Origin(("phone", "phone_country_code"), n.PHONE),
        "tags": Origin(("tags",), n.LABEL),
        "sales_account": Origin(("company",), n.COMPANY),
        "company_name": Origin(("company",), n.COMPANY),
        "name": Origin(("company",), n.COMPANY),
        "subscription_status": Origin(_GDPR, n.CONSENT),
        "owner_id": Origin(("owner",), n.OWNER),
        "description": Origin(("notes",), n.PARTS, one_line=False),
        "contact": Origin(("email",), n.EMAIL),
        "email": Origin(("email",), n.EMAIL),
        "lifecycle_stage_id": Origin((), ROUTED),
        "contact_status_id": Origin((), ROUTED),
        "lead_stage_id": Origin((), ROUTED),
        "members": Origin(("lists",), n.NAMES),
        "website": Origin(("website",)),
    },
    "transactions": {
        "name": Origin(("product", "id"), n.DEAL_NAME),
        "amount": Origin(("amount",), n.MONEY),
        "closed_date": Origin(("date",), n.DAY),
        "contact": Origin(("buyer_email", "lead_id"), n.EMAIL),
        "sales_account": Origin((), n.COMPANY),
        "owner_id": Origin(("owner",), n.OWNER),
        "currency_id": Origin(("_currency",), n.MONEY),
        "deal_stage_id": Origin(("transaction_type",), DERIVED_ID),
        "deal_pipeline_id": Origin(("transaction_type",), DERIVED_ID),
    },
    "subscriptions": {
        "name": Origin(("product", "subscription_id"), n.DEAL_NAME),
        "amount": Origin(("next_payment_amount",), n.MONEY),
        "closed_date": Origin(("end_date",), n.DAY),
        "contact": Origin(("buyer_email", "lead_id"), n.EMAIL),
        "sales_account": Origin((), n.COMPANY),
        "owner_id": Origin(("owner",), n.OWNER),
        "currency_id": Origin(("_currency",), n.MONEY),
        "deal_stage_id": Origin(("status",), DERIVED_ID),
        "deal_pipeline_id": Origin(("status",), DERIVED_ID),
    },
}
_BY_TYPE = {
    "dropdown": n.CHOICE, "drop_down": n.CHOICE, "radio": n.CHOICE,
    "radio_button": n.CHOICE, "multi_select_dropdown": n.NAMES, "checkbox": n.TRUTH,
    "date": n.DAY, "number": n.NUMBER,
}  # fmt: skip
_SPECIAL = {
    "consent": Origin(_GDPR, n.CONSENT),
    "lists": Origin(("lists",), n.LABEL),
    "tags": Origin(("tags",), n.LABEL),
    "currency": Origin(("_currency",), n.MONEY),
}


def origins_of(
    module: str, golden: pl.DataFrame, mapping: Mapping, lookups: "Lookups"
) -> dict[str, Origin]:
    """Payload key → where it comes from, for one module.

    Args:
        module: the records' module.
        golden: golden records of its export; only names of columns are looked at.
        mapping: the decisions.
        lookups: the account's names, for those of custom fields.
    """
    kind = EXPORTS[module]
    found = {
        key: Origin((column,), one_line=column not in PARAGRAPHS)
        for key, column in mapping.fields.keys_of(kind).items()
    }
    found |= _DERIVED[kind]
    endpoint = "deals" if kind != "contacts" else module
    names = {
        label.strip().casefold(): name
        for label, name in lookups.custom_fields.get(endpoint, {}).items()
    }
    for column in field_columns(kind, prepared(kind, golden.head(0), mapping), mapping):
        label = column.label.strip().casefold()
        key = names.get(label, internal_name(column.label))
        found[key] = _SPECIAL.get(column.source_column) or Origin(
            (column.source_column,),
            _BY_TYPE.get(column.asked, ""),
            one_line=not column.column.startswith(CUSTOM),
        )
    return found


def way_of(
    origin: Origin,
    sent: Any,
    cells: Table[str, Table[str, str]],
    winner: str | None,
    mapping: Mapping,
) -> dict[str, Any]:
    """``column, original, from, rules, others`` of one field.

    Args:
        origin: where the key comes from.
        sent: the value in the payload.
        cells: the record's rows, the newest first.
        winner: the row that survivorship took the field from, if that is known.
        mapping: the decisions.
    """
    row, column = _given(origin, cells, winner)
    original = cells[row][column] if row else None
    return {
        "column": column or ", ".join(origin.columns),
        "from": row or "",
        "original": original,
        "rules": _rules(origin, original, sent, mapping),
        # What stands in for a missing value is no value that others could hold.
        "others": [
            {"row": other, "value": told[column]}
            for other, told in cells.items()
            if column == origin.columns[0]
            if other != row and told.get(column, original) != original
        ]
        if row
        else [],
    }


def _given(
    origin: Origin, cells: Table[str, Table[str, str]], winner: str | None
) -> tuple[str, str]:
    """The row and column of a value: the winner's, else of the newest row that has one."""
    rows = [winner, *cells] if winner in cells else list(cells)
    for column in origin.columns:
        for row in rows:
            if row and cells[row].get(column, "").strip():
                return row, column
    return "", ""


def _rules(origin: Origin, original: str | None, sent: Any, mapping: Mapping) -> list[str]:
    """The named rules that made the value of the cell; none where it is the cell."""
    if original is None:
        return [origin.rule] if origin.rule else []
    if isinstance(sent, str):
        told = n.explained(original, sent, mapping.source, one_line=origin.one_line)
        if told is not None:
            return list(told)
    steps = n.text_told(original, mapping.source, one_line=origin.one_line)
    if isinstance(sent, list) and all(str(name) in (steps.value or "") for name in sent):
        return [*steps.rules, *([n.NAMES] if [steps.value] != sent else [])]
    return [*steps.rules, *([origin.rule] if origin.rule else [])]
