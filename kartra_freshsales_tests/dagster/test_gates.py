"""The gates, tried on the real graph: each asset of the load alone, without what it needs.

An operator can always materialize one asset by itself, and anybody who can reach the UI can
report a materialization. Neither may send anything to Freshsales.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import AssetKey, AssetMaterialization, DagsterInstance

from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales_tests.dagster.stage import BATCH, NAMES, WHO, Stage, refusal

pytestmark = pytest.mark.filterwarnings(
    # Dagster 1.13.27 calls its own deprecated method where one resource holds another.
    "ignore:InitResourceContext.dagster_run is deprecated:DeprecationWarning"
)
LOADED = ("accounts", "contacts", "leads", "deals", "subscriptions", "notes", "lists")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess(requests_per_hour=0) as server:
        yield server


@pytest.fixture(scope="module")
def planned(
    tmp_path_factory: pytest.TempPathFactory, sandbox: SandboxProcess
) -> Iterator[Stage]:
    """A workspace that is confirmed, provisioned and planned: tests look, or copy it."""
    with DagsterInstance.ephemeral() as instance:
        stage = Stage.new(tmp_path_factory.mktemp("planned"), sandbox, instance)
        assert stage.run("extract").success
        assert stage.prepare().success
        stage.plan()
        yield stage


@pytest.fixture
def copy(planned: Stage, tmp_path: Path) -> Stage:
    """The planned workspace, free to be changed."""
    return planned.copy_to(tmp_path / "copy")


@pytest.fixture
def fresh(tmp_path: Path, sandbox: SandboxProcess) -> Iterator[Stage]:
    """A workspace whose batch has been extracted, and nothing more."""
    with DagsterInstance.ephemeral() as instance:
        stage = Stage.new(tmp_path / "fresh", sandbox, instance)
        assert stage.run("extract").success
        yield stage


# --- gate 1: the map and the gaps --------------------------------------------------------


# S15, S17, S81, G15
def test_without_a_persons_name_nothing_is_provisioned_planned_or_sent(
    fresh: Stage,
) -> None:
    before = fresh.writes()
    result = fresh.prepare(by="")
    said = refusal(result, "confirmed_mapping")
    assert "NotConfirmed" in said
    assert "migration_scope.html" in said
    for later in ("field_plan", "provisioned_fields", "destination_snapshot"):
        assert not result.asset_materializations_for_node(later)
    assert (fresh.root / "reports" / "migration_scope.html").is_file()
    assert (fresh.root / "reports" / "data_gaps.md").is_file()
    assert fresh.writes() == before


# S17, G15
def test_a_confirmation_holds_for_the_map_it_was_given_for_and_no_other(
    copy: Stage,
) -> None:
    again = copy.run("", only="confirmed_mapping")
    assert again.success
    copy.decide("destination.yaml", "jurisdiction: gdpr", "jurisdiction: can_spam")
    changed = copy.run("", only="confirmed_mapping")
    assert "NotConfirmed" in refusal(changed, "confirmed_mapping")


# --- gate 2: owners ----------------------------------------------------------------------


# S61, S63, S101
@pytest.mark.parametrize(
    "owner", ["nobody@example.com", "former-owner@example.com"], ids=["unknown", "inactive"]
)
def test_an_owner_without_an_active_user_stops_before_anything_is_meant_to_be_sent(
    owner: str, tmp_path: Path, sandbox: SandboxProcess
) -> None:
    with DagsterInstance.ephemeral() as instance:
        stage = Stage.new(tmp_path / "work", sandbox, instance, owner=owner)
        assert stage.run("extract").success
        result = stage.prepare()
        said = refusal(result, "owner_queue")
        assert "OwnersUnmatched" in said
        assert owner not in said
        assert not result.asset_materializations_for_node("intended_records")
        queue = (stage.root / "reports" / "owner_queue.csv").read_text(encoding="utf-8")
        assert owner in queue


# --- gate 2b: fields ---------------------------------------------------------------------


# S56, S93
def test_missing_fields_stop_the_journey_with_a_checklist_unless_they_may_be_created(
    tmp_path: Path,
) -> None:
    with SandboxProcess(requests_per_hour=0) as empty, DagsterInstance.ephemeral() as made:
        stage = Stage.new(tmp_path / "work", empty, made)
        assert stage.run("extract").success
        result = stage.prepare(create_fields=False)
        said = refusal(result, "provisioned_fields")
        assert "FieldsMissing" in said
        assert "field_checklist.md" in said
        assert stage.writes() == 0


# --- gate 3: the plan --------------------------------------------------------------------


# S17, S107, G15
@pytest.mark.parametrize("what", LOADED)
def test_a_separate_run_of_a_loaded_asset_without_approval_sends_nothing(
    what: str, planned: Stage
) -> None:
    before = planned.writes()
    result = planned.alone(f"loaded_{what}")
    assert "load_approval has not been materialized" in refusal(result, f"loaded_{what}")
    assert planned.writes() == before


# S17, G15
def test_a_materialization_that_somebody_reported_is_no_approval(copy: Stage) -> None:
    copy.instance.report_runless_asset_event(
        AssetMaterialization(AssetKey("load_approval"), partition=BATCH)
    )
    before = copy.writes()
    result = copy.alone("loaded_accounts")
    assert "load_approval has not been materialized" in refusal(result, "loaded_accounts")
    assert copy.writes() == before


# G15, S107
@pytest.mark.parametrize("digest", ["", "0" * 64])
def test_a_production_plan_is_approved_by_its_digest_and_nothing_else(
    digest: str, copy: Stage
) -> None:
    said = refusal(copy.approve(digest), "load_approval")
    assert "NotConfirmed" in said
    assert "now has the digest" in said


# G15
def test_a_plan_is_approved_by_a_person_with_a_name(copy: Stage) -> None:
    said = refusal(copy.approve(copy.plan(), by="  "), "load_approval")
    assert "needs a person's name" in said


# S103
def test_a_rehearsal_may_be_approved_without_naming_the_digest(copy: Stage) -> None:
    copy.decide("destination.yaml", "rehearsal: false", "rehearsal: true")
    assert copy.approve("").success


# G15: anything that changes the plan voids its approval
def test_a_changed_plan_voids_its_approval(copy: Stage) -> None:
    assert copy.approve(copy.plan()).success
    people = copy.root / "inbox" / BATCH / "contacts_kartra.csv"
    text = people.read_text(encoding="utf-8")
    copy.put("contacts_kartra.csv", text.replace("North Bakery", "Northern Bakery"))
    assert copy.run("extract").success
    assert copy.prepare().success
    copy.plan()
    before = copy.writes()
    said = refusal(copy.alone("loaded_accounts"), "loaded_accounts")
    assert "not the one that was approved" in said
    assert copy.writes() == before


# G15
def test_a_decision_changed_after_the_approval_voids_it(copy: Stage) -> None:
    assert copy.approve(copy.plan()).success
    copy.decide("destination.yaml", "jurisdiction: gdpr", "jurisdiction: can_spam")
    before = copy.writes()
    said = refusal(copy.alone("loaded_contacts"), "loaded_contacts")
    assert "mapping has changed" in said
    assert copy.writes() == before


# G15, G18
def test_an_approval_is_kept_with_who_and_what_and_shown_without_personal_data(
    copy: Stage,
) -> None:
    digest = copy.plan()
    result = copy.approve(digest)
    (made,) = result.asset_materializations_for_node("load_approval")
    assert made.metadata["digest"].value == digest
    with copy.definitions.resources["destination"].ledger() as ledger:  # type: ignore[index]
        given = ledger.approval("plan", BATCH)
    assert (given.digest, given.approved_by) == (digest, WHO)


# --- the way through, and back -----------------------------------------------------------


# S3, S17, S107, G2, G5
def test_what_is_approved_is_loaded_reconciled_and_only_taken_back_by_approval(
    tmp_path: Path,
) -> None:
    with SandboxProcess(requests_per_hour=0) as own, DagsterInstance.ephemeral() as made:
        stage = Stage.new(tmp_path / "work", own, made)
        assert stage.run("extract").success
        assert stage.prepare().success
        assert stage.approve(stage.plan()).success
        loaded = stage.run("load")
        assert loaded.success
        assert [
            c.check_name for c in loaded.get_asset_check_evaluations() if not c.passed
        ] == []
        assert stage.run("certify").success
        sent = stage.writes()
        assert stage.run("load").success
        assert stage.writes() == sent
        _rollback_needs_approval(stage, sent)
        _events_hold_no_personal_data(stage)


# G18: what Dagster keeps of a whole journey names nobody and holds no key
def _events_hold_no_personal_data(stage: Stage) -> None:
    address = re.compile(r"[\w.+-]+@[\w-]+\.\w+")
    kept = [
        str(event)
        for run in stage.instance.get_runs()
        for event in (*stage.instance.all_logs(run.run_id), run.run_config, run.tags)
    ]
    assert len(kept) > 500
    for text in kept:
        assert not address.search(text)
        assert stage.sandbox.api_key not in text
        assert not [name for name in NAMES if name in text]


def _rollback_needs_approval(stage: Stage, sent: int) -> None:
    planned = stage.run("plan_rollback")
    assert planned.success
    (made,) = planned.asset_materializations_for_node("rollback_plan")
    digest = str(made.metadata["digest"].value)
    alone = refusal(stage.alone("rolled_back"), "rolled_back")
    assert "rollback_approval has not been materialized" in alone
    other = {"approved_by": WHO, "plan_digest": "0" * 64}
    refused = stage.run("rollback", config={"rollback_approval": other})
    assert "NotConfirmed" in refusal(refused, "rollback_approval")
    assert stage.writes() == sent
    given = {"approved_by": WHO, "plan_digest": digest}
    done = stage.run("rollback", config={"rollback_approval": given})
    assert done.success
    (proof,) = done.get_asset_check_evaluations()
    assert (proof.check_name, proof.passed) == ("rollback_is_proven", True)
    assert proof.metadata["done"].value
