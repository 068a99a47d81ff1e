"""Custom fields by API, where the account allows it: intent, create, read again, verify.

A field that was created cannot be deleted by API, so nothing is created unless everything
can be. Not here: which fields are wanted (``mapping``), judging them (``planning.fields``).
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from kartra_freshsales.errors import (
    DestinationError,
    FieldsMissing,
    Forbidden,
    NotFound,
    Permanent,
    UnknownOutcome,
)
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.metadata import Field, Metadata
from kartra_freshsales.freshsales.request_log import carrying
from kartra_freshsales.ledger.records import Intent, IntentChange, NewIntent
from kartra_freshsales.ledger.states import IntentState, Operation
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales.ledger.text import digest
from kartra_freshsales.mapping.custom_fields import WantedField
from kartra_freshsales.planning.field_words import MISSING, OK
from kartra_freshsales.planning.fields import field_plan as judged
from kartra_freshsales.planning.fields import wanted_of

MODULE = "fields"
WAY_BACK = (
    "A custom field cannot be removed by API: an admin deletes it in Freshsales, under "
    "Admin Settings, Fields."
)
_ATTEMPTS = 3
NEVER_LEFT = "never left"
_BY_HAND = "Have an admin create the fields by hand from reports/field_checklist.md."


@dataclass(frozen=True)
class CreatedField:
    """A custom field that now stands in the account."""

    endpoint: str
    label: str
    name: str
    id: str


def create_missing(
    client: FreshsalesClient,
    ledger: Ledger,
    metadata: Metadata,
    field_plan: pl.DataFrame,
    *,
    run: str,
) -> list[CreatedField]:
    """Create the fields that are missing, each under an intent of its own.

    Args:
        client: the account.
        ledger: where intents are committed before a request leaves.
        metadata: the account's settings; names the forms.
        field_plan: from ``planning.fields.field_plan``.
        run: who asks.

    Returns:
        The fields this call created, or found created where an answer was lost.

    Raises:
        FieldsMissing: something in the plan cannot be put right by API (nothing was created
            then), or the account does not let this key create fields.
        UnknownOutcome: the destination would not say whether a field was created.
    """
    _require_creatable(field_plan)
    work = _Work(client, ledger, run)
    work.settle()
    missing = wanted_of(field_plan.filter(status=MISSING))
    wanted = [want for want in missing if work.found(want.endpoint, want.label) is None]
    forms = {want.endpoint: _form(metadata, want.endpoint) for want in wanted}
    intents = ledger.plan_intents(run, [_intent(want) for want in wanted])
    created: list[CreatedField] = []
    try:
        for want, intent in zip(wanted, intents, strict=True):
            created.append(work.create(want, intent, forms[want.endpoint]))
    except (DestinationError, FieldsMissing):
        left = intents[len(created) + 1 :]
        ledger.mark_intents([_failed(intent, NEVER_LEFT) for intent in left])
        raise
    return created


def _require_creatable(field_plan: pl.DataFrame) -> None:
    blocked = field_plan.filter(~pl.col("status").is_in([OK, MISSING]))
    if blocked.height:
        raise FieldsMissing(
            f"{blocked.height} custom field(s) cannot be put right by API; nothing was "
            f"created. {blocked.item(0, 'remedy')}",
            remedy="Work through reports/field_checklist.md, then start again.",
        )


def _form(metadata: Metadata, endpoint: str) -> int:
    forms = metadata.forms.get(endpoint, [])
    if not forms:
        raise FieldsMissing(
            f"The account shows no form of {endpoint} on which a field could be created.",
            remedy=_BY_HAND,
        )
    return forms[0]


def _body(want: WantedField) -> dict[str, object]:
    body: dict[str, object] = {
        "label": want.label,
        "internal_name": want.name.removeprefix("cf_"),
        "type": want.type,
        "required": False,
        "visible": True,
        "editable": True,
    }
    if want.choices:
        body["choices"] = [
            {"value": choice, "position": at} for at, choice in enumerate(want.choices, 1)
        ]
    return body


def _intent(want: WantedField) -> NewIntent:
    payload = {"endpoint": want.endpoint, **_body(want)}
    return NewIntent(
        operation=Operation.CREATE_FIELD,
        module=MODULE,
        source_key=f"{want.endpoint}:{want.label}",
        payload_digest=digest(payload),
        payload=payload,
        way_back=WAY_BACK,
    )


class _Work:
    """One account, its ledger and the run: what every step of creating fields needs."""

    def __init__(self, client: FreshsalesClient, ledger: Ledger, run: str) -> None:
        self._client = client
        self._ledger = ledger
        self._run = run
        self._read: dict[str, Sequence[Field]] = {}

    def found(self, endpoint: str, label: str, *, again: bool = False) -> Field | None:
        """The custom field with this label, read once unless asked to read ``again``."""
        if again or endpoint not in self._read:
            items = self._client.fields(endpoint)
            self._read[endpoint] = [Field.model_validate(item) for item in items]
        fields = self._read[endpoint]
        return next((f for f in fields if not f.default and f.label == label), None)

    def settle(self) -> None:
        """Bring what an earlier run left open to an end, by reading the fields."""
        for intent in self._ledger.unsettled([MODULE]):
            if intent.state is IntentState.PLANNED:
                self._ledger.mark_intents([_failed(intent, NEVER_LEFT)])
                continue
            if intent.state is IntentState.SENT:
                self._unknown(intent)
            self._settled(intent)

    def create(self, want: WantedField, intent: Intent, form: int) -> CreatedField:
        """Create one field; after an unknown outcome, read before sending again."""
        for _attempt in range(_ATTEMPTS):
            self._ledger.mark_intents([IntentChange(intent.id, IntentState.SENT)])
            try:
                with carrying([intent]):
                    answer = self._client.create_field(want.endpoint, form, _body(want))
            except UnknownOutcome:
                self._unknown(intent)
                field = self._settled(intent)
                if field is not None:
                    return _created(want, field)
                [intent] = self._ledger.plan_intents(self._run, [_intent(want)])
                continue
            except DestinationError as error:
                self._ledger.mark_intents([_failed(intent, type(error).__name__)])
                if isinstance(error, Permanent):
                    raise _refusal(want, error) from error
                raise
            field = Field.model_validate(answer)
            self._ledger.mark_intents([_confirmed(intent, field)])
            return _created(want, field)
        self._ledger.mark_intents([_failed(intent, NEVER_LEFT)])
        raise UnknownOutcome(
            f"Freshsales did not say whether a field of {want.endpoint} was created.",
            remedy="Start again later: fields are read first, so none is created twice.",
        )

    def _unknown(self, intent: Intent) -> None:
        self._ledger.mark_intents([IntentChange(intent.id, IntentState.UNKNOWN)])

    def _settled(self, intent: Intent) -> Field | None:
        """Read whether a field was created after all, and note it."""
        endpoint, label = (str(intent.payload.get(key)) for key in ("endpoint", "label"))
        field = self.found(endpoint, label, again=True)
        done = (
            _failed(intent, "not created") if field is None else _confirmed(intent, field)
        )
        self._ledger.mark_intents([done])
        return field


def _refusal(want: WantedField, error: Permanent) -> FieldsMissing:
    why = {
        Forbidden: "this account or key may not create custom fields",
        NotFound: "this account has no call for it",
    }.get(type(error), "Freshsales refused it")
    return FieldsMissing(
        f"The field '{want.label}' of {want.endpoint} was not created: {why}.",
        remedy=_BY_HAND,
    )


def _failed(intent: Intent, detail: str) -> IntentChange:
    return IntentChange(intent.id, IntentState.FAILED, detail=detail)


def _confirmed(intent: Intent, field: Field) -> IntentChange:
    number = int(field.id) if field.id.isdigit() else None
    return IntentChange(
        intent.id, IntentState.CONFIRMED, detail=field.name, freshsales_id=number
    )


def _created(want: WantedField, field: Field) -> CreatedField:
    return CreatedField(want.endpoint, want.label, field.name, field.id)


def verify(field_plan: pl.DataFrame, metadata: Metadata, *, lock: str | None = None) -> str:
    """Check that every planned field stands in the account as planned (S13, S93, S97).

    Args:
        field_plan: what is wanted, from ``planning.fields.field_plan``.
        metadata: the account as it is now.
        lock: what ``verify`` answered before; any difference from it is drift.

    Returns:
        The schema lock.

    Raises:
        FieldsMissing: names the first field that is not as planned, and what to do.
    """
    wanted = wanted_of(field_plan)
    now = judged(wanted, metadata, {})
    wrong = now.filter(pl.col("status") != OK)
    if wrong.height:
        row = wrong.row(0, named=True)
        more = f" and {wrong.height - 1} more" if wrong.height > 1 else ""
        raise FieldsMissing(
            f"The field '{row['label']}' of {row['endpoint']}{more} is not as planned "
            f"({row['status']}).",
            remedy=row["remedy"],
        )
    found = schema_lock(metadata, wanted)
    if lock is not None and lock != found:
        raise FieldsMissing(
            "A custom field that the load relies on was changed after it was verified.",
            remedy="Plan again and have the new plan approved.",
        )
    return found


def schema_lock(metadata: Metadata, wanted: Sequence[WantedField]) -> str:
    """SHA-256 of the fields we rely on as they stand: names, types, required, choices."""
    labels = {(want.endpoint, want.label) for want in wanted}
    facts = sorted(
        [endpoint, item.label, item.name, item.type, item.required,
         sorted(choice.value for choice in item.choices)]
        for endpoint, fields in metadata.fields.items()
        for item in fields
        if not item.default and (endpoint, item.label) in labels
    )  # fmt: skip
    return hashlib.sha256(json.dumps(facts, ensure_ascii=True).encode()).hexdigest()
