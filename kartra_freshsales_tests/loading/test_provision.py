"""Creating custom fields by API, against a real sandbox and a real ledger."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import SecretStr

from kartra_freshsales.errors import FieldsMissing
from kartra_freshsales.freshsales.budget import Unlimited
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.metadata import Metadata, read_metadata
from kartra_freshsales.freshsales.modules import RECORD_ENDPOINTS
from kartra_freshsales.freshsales.plan_facts import field_caps
from kartra_freshsales.ledger.records import IntentChange, NewIntent
from kartra_freshsales.ledger.states import IntentState, Operation
from kartra_freshsales.ledger.store import Destination, Ledger
from kartra_freshsales.loading import provision
from kartra_freshsales.mapping.custom_fields import WantedField
from kartra_freshsales.planning.fields import field_plan
from kartra_freshsales.sandbox.config import Faults, Switches
from kartra_freshsales.sandbox.server import SandboxProcess

WANTED = [
    WantedField("contacts", "Kartra ID", "cf_kartra_id", "text", (), "id", 12),
    WantedField("contacts", "Favourite colour", "cf_favourite_colour", "dropdown",
                ("Red", "Dark blue"), "colour", 9),
    WantedField("deals", "Kartra currency", "cf_kartra_currency", "text", (), "amount", 3),
]  # fmt: skip


@dataclass
class Place:
    """An open account with its ledger."""

    client: FreshsalesClient
    ledger: Ledger

    def metadata(self) -> Metadata:
        return read_metadata(self.client, RECORD_ENDPOINTS)

    def plan(
        self, wanted: list[WantedField] | None = None, plan: str = "growth"
    ) -> pl.DataFrame:
        return field_plan(wanted or WANTED, self.metadata(), field_caps(plan))

    def create(self, plan: pl.DataFrame) -> list[str]:
        metadata = self.metadata()
        made = provision.create_missing(
            self.client, self.ledger, metadata, plan, run="run-1"
        )
        return [field.name for field in made]

    def states(self) -> list[str]:
        return [str(intent.state) for intent in self.ledger.intents(modules=["fields"])]


@contextmanager
def opened(folder: Path, **values: Any) -> Iterator[Place]:
    with (
        SandboxProcess(requests_per_hour=0, **values) as sandbox,
        Ledger.open(
            f"sqlite:///{folder / 'ledger.sqlite'}", Destination(sandbox.base_url)
        ) as ledger,
        FreshsalesClient(
            sandbox.base_url, SecretStr(sandbox.api_key), budget=Unlimited(), timeout=2.0
        ) as client,
    ):
        yield Place(client, ledger)


# S56, S93
def test_missing_fields_are_created_once_each_under_an_intent(tmp_path: Path) -> None:
    with opened(tmp_path) as place:
        plan = place.plan()
        assert set(plan["status"]) == {"missing"}
        with pytest.raises(FieldsMissing, match=r"Kartra ID.*create it as Text field"):
            provision.verify(plan, place.metadata())
        assert place.create(plan) == [field.name for field in WANTED]
        assert place.states() == ["confirmed"] * 3
        lock = provision.verify(plan, place.metadata())
        assert set(place.plan()["status"]) == {"ok"}
        for intent in place.ledger.intents(modules=["fields"]):
            assert "cannot be removed by API" in intent.way_back
        writes = place.client.counts["write"]
        assert place.create(plan) == []  # the plan is old, the account is read first
        assert place.client.counts["write"] == writes
        assert provision.verify(plan, place.metadata(), lock=lock) == lock


# G1
def test_a_lost_answer_is_settled_by_reading_before_anything_is_sent_again(
    tmp_path: Path,
) -> None:
    faults = Faults(drop_after_write=1.0, routes=("/forms/",), at_most=2)
    with opened(tmp_path, faults=faults) as place:
        assert place.create(place.plan()) == [field.name for field in WANTED]
        assert place.states() == ["confirmed"] * 3
        labels = [f["label"] for f in place.client.fields("contacts") if not f["default"]]
        assert sorted(map(str, labels)) == ["Favourite colour", "Kartra ID"]


# G1
def test_a_write_that_was_not_carried_out_is_sent_again(tmp_path: Path) -> None:
    faults = Faults(error_before_write=1.0, routes=("/forms/",), at_most=1)
    with opened(tmp_path, faults=faults) as place:
        assert place.create(place.plan()) == [field.name for field in WANTED]
        assert sorted(place.states()) == ["confirmed"] * 3 + ["failed"]


# G1
def test_what_a_killed_run_left_open_is_settled_first(tmp_path: Path) -> None:
    with opened(tmp_path) as place:
        payload = {"endpoint": "contacts", "label": "Kartra ID"}
        sent, planned = place.ledger.plan_intents(
            "killed",
            [
                NewIntent(Operation.CREATE_FIELD, "fields", key, "d", dict(payload))
                for key in ("contacts:Kartra ID", "contacts:Never sent")
            ],
        )
        place.ledger.mark_intents([IntentChange(sent.id, IntentState.SENT)])
        form = place.metadata().forms["contacts"][0]
        place.client.create_field("contacts", form, {"label": "Kartra ID", "type": "text"})
        stale = field_plan(WANTED, place.metadata(), field_caps("growth")).with_columns(
            pl.lit("missing").alias("status")
        )
        assert place.create(stale) == [field.name for field in WANTED[1:]]
        states = {i.id: i.state for i in place.ledger.intents(modules=["fields"])}
        assert states[sent.id] is IntentState.CONFIRMED
        assert states[planned.id] is IntentState.FAILED


# S56
def test_nothing_is_created_where_not_everything_can_be(tmp_path: Path) -> None:
    areas = [
        WantedField("contacts", f"Area {at}", f"cf_area_{at}", "textarea", (), "a", 9)
        for at in range(6)
    ]
    with opened(tmp_path) as place:
        with pytest.raises(FieldsMissing, match=r"nothing was created.*no more fields"):
            place.create(place.plan(areas))
        assert place.states() == []
        assert place.client.counts["write"] == 0


# S56
def test_an_account_that_lets_nobody_create_fields_is_told_plainly(tmp_path: Path) -> None:
    with opened(tmp_path, switches=Switches(field_creation=False)) as place:
        with pytest.raises(FieldsMissing, match=r"may not create.*by hand"):
            place.create(place.plan())
        assert place.states() == ["failed"] * 3
    (tmp_path / "free").mkdir()
    with opened(tmp_path / "free", plan="free") as place:
        with pytest.raises(FieldsMissing, match="no more fields of this type"):
            place.create(place.plan(plan="free"))
        assert place.states() == []


# S13, S97
def test_a_field_changed_after_it_was_verified_is_drift() -> None:
    def account(**changes: object) -> Metadata:
        field: dict[str, object] = {
            "name": "cf_kartra_id", "label": "Kartra ID", "type": "text",
        }  # fmt: skip
        return Metadata.model_validate({"fields": {"contacts": [field | changes]}})

    plan = field_plan(WANTED[:1], account(), field_caps("growth"))
    lock = provision.verify(plan, account())
    assert lock == provision.schema_lock(account(), WANTED[:1])
    with pytest.raises(FieldsMissing, match="changed after it was verified"):
        provision.verify(plan, account(required=True), lock=lock)
    with pytest.raises(FieldsMissing, match=r"Kartra ID.*wrong_type.*must be Text field"):
        provision.verify(plan, account(type="date"), lock=lock)
