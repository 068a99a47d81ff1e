"""Activities and files hang on their record once, at their own time, and come off again."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kartra_freshsales.ledger.records import NewIntent
from kartra_freshsales.ledger.states import IdentityState, IntentState, Operation
from kartra_freshsales.loading.files import File
from kartra_freshsales.loading.results import LoadResult
from kartra_freshsales.loading.rollback import carry_out, plan_rollback, prove
from kartra_freshsales.loading.session import Session
from kartra_freshsales.reconcile.compare import compare_records
from kartra_freshsales.reconcile.reckoning import sent_and_seen
from kartra_freshsales.sandbox.config import Faults
from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales_tests.loading.scenario import (
    FAST,
    OWNER,
    Account,
    Json,
    Look,
    Row,
    contact,
    deal,
    one,
    opened,
    plan,
    row,
)

HUNG = ("activities", "files")


@dataclass(frozen=True)
class Story:
    """A person with a deal, in a batch of their own, and a folder of files."""

    account: Account
    number: int
    folder: Path

    @property
    def email(self) -> str:
        return f"person.{self.number:04d}@example.com"

    @property
    def batch(self) -> str:
        return f"batch-{self.number}"

    @property
    def contact_id(self) -> int:
        return self.account.ledger.identity_ids(["contacts"])["contacts", self.email]

    def load(self, *rows: Row) -> dict[str, LoadResult]:
        return self.account.load(plan(*rows), batch=self.batch, files=self.folder)

    def activity(self, kind: str, day: int, record: str, **values: object) -> Row:
        text = f"{kind}, 2021-03-0{day} 10:15 EST, outgoing\nSaid {day}."
        payload: Json = {
            "record": record,
            "title": f"{kind} {day}",
            "start": f"2021-03-0{day}T15:15:00Z",
            "text": text,
            "contact": self.email,
        }
        key = f"activity:{kind}:{self.number}"
        return row("activities", key, payload | values, batch=self.batch)

    def of_all_kinds(self) -> list[Row]:
        """One call, one e-mail, one meeting and one task."""
        end: Json = {"end": "2021-03-01T15:20:00Z"}
        owned: Json = {"owner_id": OWNER}
        calls = "sales_activities"
        return [
            self.activity("Call", 1, calls, type="Phone", **end, **owned),
            self.activity("E-mail", 2, calls, type="email", **end),
            self.activity("Meeting", 3, "appointments", **end),
            self.activity("Task", 4, "tasks", done=True, **owned),
        ]

    def file(self, text: bytes, *, name: str = "note.txt", **link: str) -> Row:
        """A file in the folder and its row of a plan."""
        digest = hashlib.sha256(text).hexdigest()
        (self.folder / digest[:8]).write_bytes(text)
        payload: Json = {
            "name": name,
            "path": digest[:8],
            "sha256": digest,
            "size": len(text),
            "shared": False,
            **(link or {"contact": self.email}),
        }
        whose = payload.get("deal") or payload["contact"]
        key = f"file:{whose}:{digest[:16]}"
        return row("files", key, payload, batch=self.batch)

    def hung(self) -> dict[str, list[Json]]:
        """What stands on the person, as people see it."""
        number = self.contact_id
        with Look(self.account.server) as look:
            found = {
                name: look.get(f"/contacts/{number}/{name}")[name]
                for name in ("tasks", "appointments")
            }
            every = look.get("/sales_activities", per_page=100)["sales_activities"]
            about = look.get(f"/contacts/{number}/document_associations")["documents"]
        mine = [a for a in every if a["targetable_id"] == number]
        return {**found, "sales_activities": mine, "documents": about}

    def undo(self) -> tuple[Any, pl.DataFrame, Any]:
        here = self.account
        args = (here.ledger, here.client, here.metadata)
        made = plan_rollback(*args, edition="suite", batch=self.batch, policy=FAST)
        done = carry_out(made, *args, run=f"undo-{self.batch}", policy=FAST)
        return made, done, prove(None, *args, made, "suite")


_NUMBERS = count(1)


def begun(account: Account, folder: Path) -> Story:
    """A person and a deal, loaded."""
    story = Story(account, next(_NUMBERS), folder)
    number = story.number
    story.load(
        contact(number) | {"batch": story.batch},
        deal(number, contact=story.email) | {"batch": story.batch},
    )
    return story


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    ledger = tmp_path_factory.mktemp("one") / "ledger.sqlite"
    with SandboxProcess(requests_per_hour=0) as server, opened(server, ledger) as here:
        yield here


@pytest.fixture
def story(account: Account, tmp_path: Path) -> Story:
    return begun(account, tmp_path)


# S19, S20, S3
def test_activities_and_files_are_loaded_once_read_back_and_taken_back(
    story: Story,
) -> None:
    here = story.account
    of_deal = story.file(b"contract", deal=f"txn:{story.number}", contact=story.email)
    planned = [*story.of_all_kinds(), story.file(b"hello"), of_deal]
    results = story.load(*planned)
    assert results["activities"].counts == {"created": 4}
    assert results["files"].counts == {"created": 2}
    stands = story.hung()
    assert {a["title"]: a["start_date"] for a in stands["sales_activities"]} == {
        "Call 1": "2021-03-01T10:15:00-05:00",
        "E-mail 2": "2021-03-02T10:15:00-05:00",
    }
    [task], [meeting], [file] = (
        stands[name] for name in ("tasks", "appointments", "documents")
    )
    assert (task["status"], task["due_date"][:10]) == (1, "2021-03-04")
    assert meeting["description"].startswith("Meeting, 2021-03-03 10:15 EST")
    assert (file["name"], file["content_file_size"]) == ("note.txt", 5)
    # Every field is read back as it was sent.
    for module, result in results.items():
        sent, seen = sent_and_seen(result.rows, here.snapshot())
        compared = compare_records(sent, seen, references=here.ledger.identities())
        assert set(compared["verdict"]) == {"equal"}, module
    # Again sends nothing.
    writes = here.history()["writes"]
    assert {m: r.counts for m, r in story.load(*planned).items()} == {
        "activities": {"skipped": 4},
        "files": {"skipped": 2},
    }
    assert here.history()["writes"] == writes
    # All of it comes off with the contact; files go by going with their record.
    made, done, proof = story.undo()
    assert (set(done["outcome"]), proof.passed) == ({"done"}, True)
    assert made.counts["delete_activity"] == 4
    assert "2 uploaded file(s) cannot be deleted" in " ".join(made.cannot_undo)
    with Look(here.server) as look:
        every = look.get("/sales_activities", per_page=100)["sales_activities"]
        tasks = look.get("/tasks", filter="completed", per_page=100)["tasks"]
    loaded = {item["id"] for items in stands.values() for item in items}
    assert not loaded & {item["id"] for item in [*every, *tasks]}
    mine = here.ledger.identities(HUNG).filter(pl.col("batch") == story.batch)
    gone = mine["state"]
    assert set(gone) == {str(IdentityState.ROLLED_BACK)}
    assert here.ledger.verify_chain().intact


# G2
def test_an_activity_that_people_rewrote_stays_with_its_contact(story: Story) -> None:
    story.load(*story.of_all_kinds())
    key = f"activity:Call:{story.number}"
    call = story.account.ledger.identity_ids(HUNG)["activities", key]
    with Look(story.account.server) as look:
        body = {"sales_activity": {"notes": "What was really said."}}
        look.put(f"/sales_activities/{call}", body)
    _, done, proof = story.undo()
    spared = done.filter(pl.col("outcome") == "spared")
    assert set(spared["source_key"]) == {key, story.email}
    assert proof.passed
    assert [a["id"] for a in story.hung()["sales_activities"]] == [call]


# G3: what has no natural key is looked for before it is sent again.
def test_writes_that_were_not_answered_are_carried_out_once(tmp_path: Path) -> None:
    routes = ("sales_activities", "appointments", "tasks", "documents")
    dropped = Faults(
        drop_after_write=1.0, routes=tuple(f"POST /{name}" for name in routes), at_most=5
    )
    with (
        SandboxProcess(requests_per_hour=0, faults=dropped) as server,
        opened(server, tmp_path / "ledger.sqlite") as here,
    ):
        story = begun(here, tmp_path)
        results = story.load(*story.of_all_kinds(), story.file(b"hello"))
        assert results["activities"].counts == {"created": 4}
        assert results["files"].counts == {"created": 1}
        found = {name: len(items) for name, items in story.hung().items()}
    assert found == dict.fromkeys(found, 1) | {"sales_activities": 2}


# G3
def test_an_upload_whose_run_was_killed_is_found_by_the_next(story: Story) -> None:
    here = story.account
    wanted = story.file(b"world", name="other.txt")
    payload = json.loads(str(wanted["payload"]))
    sent: Json = payload | {"contact": story.contact_id, "on": "contacts"}
    # As a killed run leaves it: sent, carried out, and nothing known of it.
    key = str(wanted["source_key"])
    left = NewIntent(Operation.UPLOAD, "files", key, "", sent, batch=story.batch)
    [intent] = here.ledger.send_intents("killed", [left], [None])
    session = Session(here.client, here.ledger, here.metadata, "killed", story.batch)
    File(session, story.folder).send(sent)
    story.load(wanted)
    assert len(story.hung()["documents"]) == 1
    [settled] = [i for i in here.ledger.intents(modules=["files"]) if i.id == intent.id]
    assert settled.state is IntentState.CONFIRMED


# S20, S18
def test_a_changed_file_and_one_without_its_record_are_not_sent(story: Story) -> None:
    changed = story.file(b"hello")
    stranger = story.file(b"other", contact="nobody@example.com")
    (story.folder / json.loads(str(changed["payload"]))["path"]).write_bytes(b"hullo")
    result = story.load(changed, stranger)["files"]
    assert one(result, str(changed["source_key"]))["reason"] == "file_changed"
    assert one(result, str(stranger["source_key"]))["reason"] == "parent_not_loaded"
    assert story.hung()["documents"] == []


# S19
def test_a_type_the_account_lacks_is_refused_by_name(story: Story) -> None:
    end = "2021-03-01T15:15:00Z"
    strange = story.activity("Fax", 1, "sales_activities", type="Fax", end=end)
    result = story.load(strange)["activities"]
    key = str(strange["source_key"])
    assert one(result, key)["reason"] == "unknown_activity_type"
    sent = story.account.ledger.intents(modules=["activities"])
    assert key not in {intent.source_key for intent in sent}
