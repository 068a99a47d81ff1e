"""A test conversion tells what would be lost, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from kartra_freshsales.errors import Refused
from kartra_freshsales.freshsales.budget import Unlimited
from kartra_freshsales.freshsales.classic import ClassicClient
from kartra_freshsales.freshsales.metadata import read_metadata
from kartra_freshsales.freshsales.modules import record_endpoints
from kartra_freshsales.ledger.store import Destination, Ledger
from kartra_freshsales.loading.conversion_probe import (
    ConversionRecords,
    Tried,
    try_conversion,
)
from kartra_freshsales.loading.rollback_plan import plan_rollback
from kartra_freshsales.loading.snapshot import read_snapshot
from kartra_freshsales.mapping.conversion import conversion_map
from kartra_freshsales.mapping.decisions.conversion import Conversion, Place
from kartra_freshsales.sandbox.config import Faults
from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales_tests.loading.scenario import PATIENCE

TYPES = {
    "Words": "text", "Story": "textarea", "Shoe size": "number", "Birthday": "date",
    "Colour": "dropdown", "Member": "checkbox", "Budget": "number",
}  # fmt: skip
ELSEWHERE = Conversion(elsewhere={"Budget": Place(module="deals", label="Budget")})


@dataclass
class Stage:
    """An account of Classic with fields on leads, and a ledger."""

    server: SandboxProcess
    client: ClassicClient
    ledger: Ledger

    def admin_maps(self, *labels: str) -> None:
        """What an admin sets on the conversion screen."""
        names = {label: "cf_" + label.lower().replace(" ", "_") for label in labels}
        mapping = {
            name: {"deal" if label == "Budget" else "contact": name}
            for label, name in names.items()
        }
        answer = httpx.put(f"{self.server.control_url}/conversion", json=mapping)
        assert answer.status_code == 200, answer.text

    def give_fields(self) -> None:
        """The fields of ``TYPES`` on leads, and where each may go."""
        for label, kind in TYPES.items():
            for endpoint in ("leads", "deals" if label == "Budget" else "contacts"):
                form = int(str(self.client.forms(endpoint)[0]["id"]))
                body: dict[str, Any] = {"label": label, "type": kind}
                if kind == "dropdown":
                    body["choices"] = [{"value": "Red", "position": 1}]
                self.client.create_field(endpoint, form, body)

    def probe(self) -> Tried:
        """Try a conversion."""
        metadata = read_metadata(self.client, record_endpoints("classic"))
        table = conversion_map(metadata.fields, "classic", ELSEWHERE)
        records = ConversionRecords(self.client, self.ledger, metadata, "probe-1")
        return try_conversion(self.client, records, table)

    def nothing_is_left(self) -> bool:
        """Neither records nor open questions."""
        metadata = read_metadata(self.client, record_endpoints("classic"))
        standing = read_snapshot(self.client, metadata, "classic")
        return standing.is_empty() and not self.ledger.unsettled()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """Open an account of Classic; faults are given by name."""
    with ExitStack() as stack:

        def start(**faults: Any) -> Stage:
            server = stack.enter_context(
                SandboxProcess(
                    edition="classic", requests_per_hour=0, faults=Faults(**faults)
                )
            )
            to = Destination(server.base_url, edition="classic")
            ledger = stack.enter_context(Ledger.open(f"sqlite:///{tmp_path / 'l.db'}", to))
            client = stack.enter_context(
                ClassicClient(
                    server.base_url,
                    SecretStr(server.api_key),
                    budget=Unlimited(),
                    patience=PATIENCE,
                )
            )
            made = Stage(server, client, ledger)
            made.give_fields()
            return made

        yield start


# S82, S83, S106
def test_fields_that_the_screen_does_not_map_are_named(
    stage: Callable[..., Stage],
) -> None:
    there = stage()
    there.admin_maps("Words", "Shoe size", "Budget")
    tried = there.probe()
    states = dict(tried.fields.select("label", "state").iter_rows())
    arrived = {label for label, state in states.items() if state == "arrived"}
    assert arrived == {"Words", "Shoe size", "Budget"}
    assert sorted(tried.lost) == sorted(set(TYPES) - arrived)
    assert tried.left == ()
    assert there.nothing_is_left()
    there.admin_maps(*TYPES)
    assert there.probe().lost == []
    assert there.nothing_is_left()


# G1: the answer is lost, the conversion was made
def test_a_lost_answer_leaves_nothing_behind(stage: Callable[..., Stage]) -> None:
    there = stage(drop_after_write=1.0, routes=("/convert",), at_most=1)
    there.admin_maps(*TYPES)
    assert there.probe().lost == []
    assert there.nothing_is_left()


class Killed(Exception):
    """Stands for the end of the process."""


# G1, G2: the next probe, and no rollback, takes up what a killed one left
def test_what_a_killed_probe_left_is_erased_by_the_next(
    stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = stage()
    there.admin_maps(*TYPES)
    convert = there.client.convert_lead

    def killed(lead_id: int, body: dict[str, object]) -> dict[str, object]:
        convert(lead_id, body)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(there.client, "convert_lead", killed)
        # A process that ends erases nothing either.
        patched.setattr(ConversionRecords, "remove_all", lambda _self: [])
        with pytest.raises(Killed):
            there.probe()
    assert not there.nothing_is_left()
    metadata = read_metadata(there.client, record_endpoints("classic"))
    undo = plan_rollback(there.ledger, there.client, metadata, edition="classic")
    assert undo.rows.is_empty()
    assert there.probe().lost == []
    assert there.nothing_is_left()


# S106: an account that refuses says so, and the lead goes again
def test_a_refused_conversion_leaves_no_lead(
    stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = stage()
    convert = there.client.convert_lead

    def without_company(lead_id: int, body: dict[str, object]) -> dict[str, object]:
        return convert(lead_id, {k: v for k, v in body.items() if k != "company"})

    monkeypatch.setattr(there.client, "convert_lead", without_company)
    with pytest.raises(Refused):
        there.probe()
    assert there.nothing_is_left()
