"""A test conversion: one made-up lead with every field filled, converted, read (S82, S106).

What it makes bears a name nobody else gives, stands in the ledger before it is sent, and is
erased at the end; a probe that was killed is cleaned up by the next one. Not here: whether
it may be done (``cli``), which field goes where (``mapping.conversion``).
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from kartra_freshsales.errors import DestinationError, IntegrityError, UnknownOutcome
from kartra_freshsales.freshsales.classic import ClassicClient
from kartra_freshsales.freshsales.comparison import is_blank, same
from kartra_freshsales.freshsales.metadata import Field, Metadata
from kartra_freshsales.freshsales.records import COMPANY_NAME, Json
from kartra_freshsales.freshsales.request_log import carrying
from kartra_freshsales.ledger.states import IntentState, Operation
from kartra_freshsales.loading.probe_records import Made, ProbeRecords

ARRIVED, DROPPED, CHANGED, NOT_TRIED = "arrived", "dropped", "changed", "not tried"
SCHEMA: dict[str, pl.DataType] = {
    name: pl.String() for name in ("label", "lead_field", "module", "target_field", "state")
}
_NAME = "Kartra conversion test {}"
_ADDRESS = "kartra-conversion-{}@example.com"
_VALUES: Mapping[str, object] = {
    "text": "Kartra test", "textarea": "Kartra test", "number": 7, "decimal": 7,
    "date": "2026-01-02", "checkbox": True,
}  # fmt: skip


@dataclass(frozen=True)
class Tried:
    """``fields`` has the columns of ``SCHEMA``; ``left`` could not be erased again."""

    fields: pl.DataFrame
    left: tuple[str, ...]

    @property
    def lost(self) -> list[str]:
        """Labels of fields whose value did not come along as it was."""
        gone = pl.col("state").is_in([DROPPED, CHANGED])
        return self.fields.filter(gone)["label"].to_list()


class ConversionRecords(ProbeRecords):
    """Probe records that may be converted."""

    def convert(self, call: Callable[[], object], becomes: Mapping[str, Json]) -> None:
        """Convert a lead: for the ledger a create of each record that comes of it.

        Args:
            call: the one request.
            becomes: endpoint → what recognises the record afterwards.

        Raises:
            DestinationError: the account refuses it.
        """
        intents = [
            self._plan(Operation.CREATE, endpoint, {"body": flat})
            for endpoint, flat in becomes.items()
        ]
        try:
            with carrying(intents):
                call()
        except UnknownOutcome:
            for intent in intents:
                self._mark(intent, IntentState.UNKNOWN, "no_answer")
        except DestinationError as error:
            for intent in intents:
                self._mark(intent, IntentState.FAILED, type(error).__name__)
            raise
        for intent in intents:  # the answer shows the contact only
            self._settle(intent)


def try_conversion(
    client: ClassicClient, records: ConversionRecords, table: pl.DataFrame
) -> Tried:
    """Convert one lead of our own and see what becomes of each custom field.

    Args:
        client: the account.
        records: the same account with its ledger, metadata and views.
        table: of ``mapping.conversion.conversion_map``.

    Raises:
        IntegrityError: nobody in the account could own the lead.
        DestinationError: the account refuses the lead or its conversion; what was made by
            then is erased.
    """
    records.sweep()
    records.remove_all()
    values = _values(records.metadata)
    deal = "deals" in set(table["module"])
    try:
        standing = _converted(client, records, values, deal=deal)
    finally:
        left = records.remove_all()
    columns = ("label", "lead_field", "module", "target_field")
    rows = [
        (*row, _state(str(lead_field), values, standing.get(module, {}).get(str(target))))
        for row in table.select(columns).iter_rows()
        for _, lead_field, module, target in [row]
    ]
    fields = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    return Tried(fields, (*map(str, left), *records.doubtful))


def _converted(
    client: ClassicClient, records: ConversionRecords, values: Json, *, deal: bool
) -> dict[str, Json]:
    """What stands after the conversion, by endpoint, flat."""
    owner = next((user.id for user in records.metadata.users if user.is_active), None)
    if owner is None:
        raise IntegrityError(
            "Nobody could own the test lead.", remedy="Activate a user in Freshsales."
        )
    stamp = uuid.uuid4().hex[:8]
    name, email = _NAME.format(stamp), _ADDRESS.format(stamp)
    who: Json = {"email": email, "last_name": name}
    whole = {**who, "owner_id": owner, COMPANY_NAME: name, **values}
    lead = records.create("leads", whole)
    asked: Json = {**who, "company": {"name": name}}
    becomes: dict[str, Json] = {"contacts": who, "sales_accounts": {"name": name}}
    if deal:
        asked["deal"] = {"name": name, "amount": 1}
        becomes["deals"] = {"name": name}
    records.convert(lambda: client.convert_lead(lead.number, asked), becomes)
    return {made.endpoint: records.read(made) for made in _results(records)}


def _results(records: ProbeRecords) -> list[Made]:
    return [made for made in records.made if made.endpoint != "leads"]


def _values(metadata: Metadata) -> Json:
    """A value for every custom field of leads that can be written."""
    fields = (f for f in metadata.fields.get("leads", []) if not f.default)
    found = {field.name: _value(field) for field in fields}
    return {name: value for name, value in found.items() if value is not None}


def _value(field: Field) -> object:
    """Something a field of this type holds; ``None`` for computed and unknown types."""
    choices = [choice.value for choice in field.choices]
    if field.type in {"dropdown", "radio"}:
        return choices[0] if choices else None
    if field.type == "multi_select_dropdown":
        return choices[:1] or None
    return _VALUES.get(field.type)


def _state(name: str, values: Json, found: object) -> str:
    if name not in values:
        return NOT_TRIED
    if is_blank(found) or found is False:
        return DROPPED
    return ARRIVED if same(name, values[name], found).equal else CHANGED
