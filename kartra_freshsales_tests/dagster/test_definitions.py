"""The graph as an operator meets it: it loads, explains itself, and has its gates."""

import itertools
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from dagster import (
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    Definitions,
)

from kartra_freshsales.definitions import build_definitions
from kartra_freshsales.orchestration.partitions import BATCHES
from kartra_freshsales.orchestration.progress import Progress

ROOT = Path(__file__).resolve().parents[2]
DEFINITIONS = build_definitions(Path("elsewhere"))
SPECS = {
    spec.key.to_user_string(): spec
    for asset in DEFINITIONS.assets or []
    if isinstance(asset, AssetsDefinition)
    for spec in asset.specs
}
LOADED = ("accounts", "contacts", "leads", "deals", "subscriptions", "notes", "lists")
JOBS = (
    "extract", "prepare", "plan", "approve", "load", "rehearse", "reconcile", "certify",
    "plan_rollback", "rollback", "sign_off_sample",
)  # fmt: skip


def above(name: str) -> set[str]:
    """Everything an asset is made from, however far up."""
    parents = {dep.asset_key.to_user_string() for dep in SPECS[name].deps}
    return parents.union(*(above(parent) for parent in parents))


def checks() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for definition in DEFINITIONS.asset_checks or []:
        for spec in getattr(definition, "check_specs", ()):
            found.setdefault(spec.asset_key.to_user_string(), set()).add(spec.name)
    return found


def test_the_definitions_are_loadable_and_partitioned_by_batch() -> None:
    Definitions.validate_loadable(DEFINITIONS)
    partitioned = {spec.partitions_def for spec in SPECS.values()} - {None}
    assert partitioned == {BATCHES}


# Fixed by the user: these assets exist.
def test_the_assets_the_user_named_are_there() -> None:
    assert {
        "raw_contacts", "raw_transactions", "cleaned_contacts", "accounts", "owner_map",
        "loaded_deals", "deals_reconciliation", "reconciliation_report",
    } <= set(SPECS)  # fmt: skip


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_every_asset_has_a_description_a_group_an_owner_and_a_kind(spec: AssetSpec) -> None:
    assert spec.description
    assert spec.group_name != "default"
    assert spec.owners
    assert spec.kinds


def test_every_check_belongs_to_an_asset_and_says_what_is_true() -> None:
    assert set(checks()) <= set(SPECS)
    for definition in DEFINITIONS.asset_checks or []:
        for spec in getattr(definition, "check_specs", ()):
            assert re.fullmatch(r"[a-z_]+", spec.name)
            assert (spec.description or "").endswith(".")
            assert (
                spec.partitions_def == SPECS[spec.asset_key.to_user_string()].partitions_def
            )


# G4
@pytest.mark.parametrize(
    "asset", ["cleaned_contacts", "cleaned_transactions", "cleaned_subscriptions"]
)
def test_conservation_is_checked_and_blocks_where_rows_are_set_aside(asset: str) -> None:
    assert "every_source_row_is_accounted_for" in checks()[asset]
    blocking = {
        (spec.asset_key.to_user_string(), spec.name)
        for definition in DEFINITIONS.asset_checks or []
        for spec in getattr(definition, "check_specs", ())
        if spec.blocking
    }
    assert (asset, "every_source_row_is_accounted_for") in blocking
    assert ("source_rows", "every_source_row_is_accounted_for") in blocking


# S2, S16
@pytest.mark.parametrize("what", LOADED)
def test_every_loaded_module_is_checked_and_read_back(what: str) -> None:
    assert {"every_planned_record_has_an_outcome", "nothing_failed"} <= checks()[
        f"loaded_{what}"
    ]
    assert "every_field_arrived" in checks()[f"{what}_reconciliation"]


# S15, S17, S63, S93, S101, S107
@pytest.mark.parametrize("what", LOADED)
def test_nothing_is_loaded_without_every_gate_above_it(what: str) -> None:
    assert {
        "confirmed_mapping", "owner_queue", "provisioned_fields", "load_plan",
        "load_approval", "migration_scope", "data_gaps",
    } <= above(f"loaded_{what}")  # fmt: skip


# S33, S108
def test_modules_are_loaded_in_the_order_that_links_need() -> None:
    for earlier, later in itertools.pairwise(LOADED):
        assert f"loaded_{earlier}" in above(f"loaded_{later}")


# S10, S15
@pytest.mark.parametrize("name", ["migration_scope", "data_gaps", "contact_audit"])
def test_the_scope_needs_no_freshsales(name: str) -> None:
    assert not {n for n in above(name) if "freshsales" in SPECS[n].kinds}


def test_every_job_resolves_and_mixes_no_batch_with_all_batches() -> None:
    for name in JOBS:
        job = DEFINITIONS.resolve_job_def(name)
        keys = set(job.asset_layer.executable_asset_keys)
        kinds = {SPECS[key.to_user_string()].partitions_def for key in keys}
        assert len(kinds) == 1, name


def test_a_job_brings_the_checks_of_its_assets_with_it() -> None:
    steps = set(DEFINITIONS.resolve_job_def("extract").graph.node_dict)
    assert {"check_raw_contacts", "check_cleaned_contacts", "check_file_problems"} <= steps


# S17, S107
def test_nothing_starts_by_itself() -> None:
    assert not [name for name, spec in SPECS.items() if spec.automation_condition]
    for sensor in DEFINITIONS.sensors or []:
        assert getattr(sensor, "default_status", None) is DefaultSensorStatus.STOPPED
    for schedule in DEFINITIONS.schedules or []:
        status = getattr(schedule, "default_status", None)
        assert status is DefaultScheduleStatus.STOPPED


# G6
def test_all_writing_assets_take_turns_in_one_pool() -> None:
    writing = {f"loaded_{what}" for what in LOADED} | {"rolled_back"}
    pools = {
        spec.key.to_user_string(): asset.op.pool
        for asset in DEFINITIONS.assets or []
        if isinstance(asset, AssetsDefinition)
        for spec in asset.specs
    }
    assert {pools[name] for name in writing} == {"freshsales_write"}


def test_tests_may_swap_parts_of_the_graph() -> None:
    mine = Progress()
    made = build_definitions(Path("elsewhere"), progress=mine)
    assert (made.resources or {})["progress"] is mine
    other = build_definitions(Path("elsewhere"), destination="another")
    assert (other.resources or {})["destination"] == "another"


# G18: no network, no environment and no heavy library is touched while loading
def test_importing_the_definitions_reads_no_workspace_and_sends_no_telemetry() -> None:
    code = (
        "import socket, sys\n"
        "def no(*a, **k): raise AssertionError('network at import')\n"
        "socket.socket.connect = no\n"
        "import kartra_freshsales.definitions as d\n"
        "print(len(d.defs.assets))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    settings = yaml.safe_load((ROOT / "dagster.yaml").read_text(encoding="utf-8"))
    assert settings["telemetry"] == {"enabled": False}


def test_asset_keys_are_plain_nouns() -> None:
    for name in SPECS:
        assert AssetKey(name).path == [name]
        assert re.fullmatch(r"[a-z_]+", name)
