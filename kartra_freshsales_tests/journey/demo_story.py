"""The story of the demonstration: what an operator does with it, one after another.

Not here: any judgement of what it left behind (``test_demo``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales_tests.journey.commands import Ran, kartra_freshsales
from kartra_freshsales_tests.journey.crm import Crm, Record, Standing
from kartra_freshsales_tests.journey.scene import WHO, Scene

CONTACTS = 500
RECURRING = "Kartra subscription"
NEW_CITY, NEW_STAGE = "Somewhere Else", "Negotiation"


@dataclass
class Story:
    """What was done one after another, and what stood in the account after it."""

    root: Path
    ran: dict[str, Ran] = field(default_factory=dict)
    stood: dict[str, Standing] = field(default_factory=dict)
    stages: dict[int, str] = field(default_factory=dict)
    lifecycle: dict[int, str] = field(default_factory=dict)
    users: dict[int, str] = field(default_factory=dict)
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    history: dict[str, Any] = field(default_factory=dict)
    traced: Record = field(default_factory=dict)
    contact: int = 0
    deal: int = 0

    @property
    def truth(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads((self.root / "inbox" / "truth.json").read_text())
        return told

    @property
    def loaded(self) -> Standing:
        """The account after the demonstration."""
        return self.stood["demo"]

    def deals(self, *, recurring: bool) -> list[Record]:
        """Deals of sales and rebills, or of subscriptions."""
        found = self.loaded.records["deals"].values()
        return [deal for deal in found if (RECURRING in deal["name"]) == recurring]

    def custom(self, record: Record, endpoint: str, label: str) -> Any:
        """A custom field of a record by its label."""
        return record["custom_field"][self.labels[endpoint][label]]

    @property
    def kept(self) -> dict[str, set[int]]:
        """What the undo must leave: both edited records and what they hang on."""
        deal = self.loaded.records["deals"][self.deal]
        people = {self.contact, *deal["contact_ids"]}
        accounts = {
            link["id"]
            for person in people
            for link in self.loaded.records["contacts"][person]["sales_accounts"]
        }
        if deal["sales_account_id"]:
            accounts.add(deal["sales_account_id"])
        return {"deals": {self.deal}, "contacts": people, "sales_accounts": accounts}


def live_through_it(scene: Scene, story: Story) -> None:
    """Everything after the demonstration, in the order an operator might do it."""
    crm, ran, stood = scene.crm, story.ran, story.stood
    story.history = crm.history()
    stood["demo"] = crm.standing()
    story.stages, story.users = crm.names("deal_stages"), crm.names("owners")
    story.lifecycle = crm.names("lifecycle_stages")
    story.labels = {endpoint: crm.labels(endpoint) for endpoint in ("contacts", "deals")}
    ran["again"] = scene.migrate()
    stood["again"] = crm.standing()
    story.traced = next(iter(stood["demo"].records["contacts"].values()))
    ran["trace"] = scene.run("trace", story.traced["email"].upper(), "--json")
    ran["trace id"] = scene.run("trace", str(story.traced["id"]), "--json")
    ran["status"] = scene.run("status", "--json")
    ran["verify"] = scene.run("verify", "--json")
    ran["evidence"] = scene.run("evidence", "--json")
    edit(scene, story)
    stood["edited"] = crm.standing()
    ran["verify edited"] = scene.run("verify", "--json")
    ran["edited"] = scene.migrate()
    stood["after edited"] = crm.standing()
    ran["dry"] = scene.run("rollback", "--dry-run", "--json")
    ran["unapproved"] = scene.run("rollback", "--json")
    stood["dry"] = crm.standing()
    ran["rollback"] = scene.run("rollback", "--approve", WHO, "--json")
    stood["rollback"] = crm.standing()
    ran["reload"] = scene.migrate()
    stood["reload"] = crm.standing()


def edit(scene: Scene, story: Story) -> None:
    """A person moves a customer to another city and a subscription to another stage."""
    people = story.loaded.records["contacts"].values()
    story.contact = next(p["id"] for p in people if p["city"] and not p["sales_accounts"])
    story.deal = next(
        deal["id"]
        for deal in story.deals(recurring=True)
        if story.loaded.records["contacts"][deal["contact_ids"][0]]["sales_accounts"]
    )
    stage = next(number for number, name in story.stages.items() if name == NEW_STAGE)
    scene.crm.change("contacts", story.contact, city=NEW_CITY)
    scene.crm.change("deals", story.deal, deal_stage_id=stage)


@contextmanager
def told(root: Path) -> Iterator[Story]:
    """Run the demonstration below ``root``, start its account again, and go on with it."""
    story = Story(root)
    story.ran["demo"] = kartra_freshsales(
        "demo", "--directory", str(root), "--contacts", str(CONTACTS), "--json"
    )
    assert story.ran["demo"].code == 0, story.ran["demo"].screen[-2000:]
    settings = dict(line.split("=", 1) for line in (root / ".env").read_text().split())
    # The ledger knows an account by its address, so the same port it is.
    port = int(settings["FRESHSALES_BASE_URL"].split(":")[2].split("/")[0])
    with (
        SandboxProcess(
            api_key="demo", port=port, state=root / "sandbox.db", requests_per_hour=0
        ) as sandbox,
        Crm(sandbox.base_url, sandbox.api_key, sandbox.history_url) as crm,
    ):
        live_through_it(Scene(root, crm), story)
        yield story
