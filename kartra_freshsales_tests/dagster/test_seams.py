"""Where stages meet: what one of them left behind may not vouch for another by itself.

Frames outlive the settings, the map, the plan and the account they were made under.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from dagster import DagsterInstance

from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales_tests.dagster.stage import BATCH, WHO, Stage, refusal

pytestmark = pytest.mark.filterwarnings(
    # Dagster 1.13.27 calls its own deprecated method where one resource holds another.
    "ignore:InitResourceContext.dagster_run is deprecated:DeprecationWarning"
)
_PEOPLE = """\
id,first_name,email,company,date_joined,tags,lists,gdpr_status,owner,notes
1,Ada,ada@example.com,North Bakery,2024-01-02 03:04:05,,Bakers,Accepted,{owner},Bread
2,Ben,ben@example.com,,2024-02-03 04:05:06,Trial,,,{owner},
""".format(owner="owner-north@example.com")
_SUBSCRIPTIONS = """\
Subscription ID,Status,Product,Price_point,Buyer_Email,Start Date
s1,Active,Bread Course,1,ada@example.com,2024-05-06
"""


def ready(root: Path, sandbox: SandboxProcess, instance: DagsterInstance) -> Stage:
    """A workspace with one batch that is extracted, confirmed and provisioned."""
    stage = Stage.new(root, sandbox, instance)
    stage.put("contacts_kartra.csv", _PEOPLE)
    assert stage.run("extract").success
    assert stage.prepare().success
    return stage


def certificate(stage: Stage) -> tuple[str, list[str]]:
    """The verdict over all batches, and its reasons."""
    assert stage.run("certify").success
    text = (stage.root / "reports" / "summary.json").read_text(encoding="utf-8")
    summary = json.loads(text)
    return summary["certificate"], summary["reasons"]


def point_at(stage: Stage, sandbox: SandboxProcess) -> Stage:
    """The same workspace, its settings naming another account."""
    env = (stage.root / ".env").read_text(encoding="utf-8")
    env = env.replace(stage.sandbox.base_url, sandbox.base_url)
    env = env.replace(stage.sandbox.api_key, sandbox.api_key)
    (stage.root / ".env").write_text(env, encoding="utf-8")
    return Stage(stage.root, sandbox, stage.instance)


def roll_back(stage: Stage) -> None:
    """Take the batch back, planned and approved."""
    planned = stage.run("plan_rollback")
    (made,) = planned.asset_materializations_for_node("rollback_plan")
    given = {"approved_by": WHO, "plan_digest": str(made.metadata["digest"].value)}
    assert stage.run("rollback", config={"rollback_approval": given}).success


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A workspace whose batch is loaded and reconciled: tests copy it."""
    with SandboxProcess(requests_per_hour=0) as own, DagsterInstance.ephemeral() as made:
        stage = ready(tmp_path_factory.mktemp("loaded") / "work", own, made)
        assert stage.approve(stage.plan()).success
        assert stage.run("load").success
        assert certificate(stage) == ("pass", [])
        yield stage


# S103, S107, G15: what was approved for a rehearsal is not approved for production
def test_an_approval_holds_for_the_account_it_was_given_for_and_no_other(
    loaded: Stage, tmp_path: Path
) -> None:
    with SandboxProcess(requests_per_hour=0) as production:
        stage = point_at(loaded.copy_to(tmp_path / "work"), production)
        said = refusal(stage.alone("loaded_accounts"), "loaded_accounts")
        assert "address of Freshsales has changed" in said
        undone = stage.run("plan_rollback")
        assert "address of Freshsales has changed" in refusal(undone, "rollback_plan")
        # Its settings are read anew; the plan and the approval are still the other's.
        assert stage.prepare().success
        said = refusal(stage.alone("loaded_accounts"), "loaded_accounts")
        assert "NotConfirmed" in said
        assert stage.run("certify").success
        text = (stage.root / "reports" / "summary.json").read_text(encoding="utf-8")
        assert json.loads(text)["certificate"] == "fail"


# S17, G15
def test_nothing_is_planned_under_a_map_that_nobody_confirmed(
    loaded: Stage, tmp_path: Path
) -> None:
    stage = loaded.copy_to(tmp_path / "work")
    stage.decide("destination.yaml", "jurisdiction: gdpr", "jurisdiction: can_spam")
    said = refusal(stage.run("plan"), "load_plan")
    assert "changed since it was confirmed" in said


# S8, G3: accounts, notes and lists too, of which no source row tells
@pytest.mark.parametrize("what", ["accounts", "notes", "lists"])
def test_what_was_never_loaded_fails_the_certificate(
    what: str, loaded: Stage, tmp_path: Path
) -> None:
    stage = loaded.copy_to(tmp_path / "work")
    for asset in (f"loaded_{what}", f"{what}_reconciliation"):
        path = stage.root / "data" / "frames" / asset / f"{BATCH}.parquet"
        pl.read_parquet(path).clear().write_parquet(path)
    verdict, reasons = certificate(stage)
    assert verdict == "fail"
    assert any("never loaded" in reason for reason in reasons)


# S8, G15
def test_a_load_does_not_vouch_for_a_plan_that_was_made_after_it(
    loaded: Stage, tmp_path: Path
) -> None:
    stage = loaded.copy_to(tmp_path / "work")
    stage.put("contacts_kartra.csv", _PEOPLE.replace("Ben", "Benjamin"))
    assert stage.run("extract").success
    assert stage.prepare().success
    stage.plan()
    verdict, reasons = certificate(stage)
    assert verdict == "fail"
    assert "1 leads are to be written by a plan that was not loaded yet." in reasons


# S3, G2, G15: what was taken back stays out until somebody approves its load again
def test_a_rollback_voids_the_approval_and_the_certificate(tmp_path: Path) -> None:
    with SandboxProcess(requests_per_hour=0) as own, DagsterInstance.ephemeral() as made:
        stage = ready(tmp_path / "work", own, made)
        digest = stage.plan()
        assert stage.approve(digest).success
        assert stage.run("load").success
        roll_back(stage)
        sent = stage.writes()
        said = refusal(stage.run("load"), "loaded_accounts")
        assert "A rollback of batch first was approved" in said
        assert stage.writes() == sent
        assert certificate(stage)[0] == "fail"
        assert stage.approve(digest).success
        assert stage.run("load").success
        assert certificate(stage) == ("pass", [])


# S37, S40, G4
@pytest.mark.parametrize("how", ["note", "status_field"])
def test_subscriptions_that_are_no_deals_of_their_own_are_accounted_for(
    how: str, tmp_path: Path
) -> None:
    with SandboxProcess(requests_per_hour=0) as own, DagsterInstance.ephemeral() as made:
        stage = Stage.new(tmp_path / "work", own, made)
        stage.put("contacts_kartra.csv", _PEOPLE)
        stage.put("report_subscriptions.csv", _SUBSCRIPTIONS)
        stage.decide("subscriptions.yaml", "as: deal", f"as: {how}")
        assert stage.run("extract").success
        assert stage.prepare().success
        assert stage.approve(stage.plan()).success
        assert stage.run("load").success
        assert certificate(stage) == ("pass", [])
