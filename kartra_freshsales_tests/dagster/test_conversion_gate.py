"""The gate before a load into Classic: no conversion of a lead may lose a field."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl
import pytest
from dagster import DagsterInstance

from kartra_freshsales.mapping.conversion import fields_digest
from kartra_freshsales.orchestration.checks.record_rules import (
    every_lead_field_survives_conversion,
)
from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales_tests.dagster.stage import Stage, refusal


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A workspace for Classic whose batch is read; nobody has confirmed a conversion."""
    root = tmp_path_factory.mktemp("classic") / "work"
    with (
        SandboxProcess(edition="classic", requests_per_hour=0) as sandbox,
        DagsterInstance.ephemeral() as instance,
    ):
        made = Stage.new(root, sandbox, instance)
        made.decide("destination.yaml", "edition: suite", "edition: classic")
        made.decide("destination.yaml", "plan: growth", "plan: garden")
        assert made.run("extract").success
        yield made


def confirm(stage: Stage) -> None:
    """What the command writes into the workspace."""
    table = pl.read_parquet(stage.root / "data" / "frames" / "conversion_mapping.parquet")
    assert table["problem"].null_count() == table.height > 0
    stage.decide("conversion.yaml", 'confirmed_by: ""', "confirmed_by: Somebody")
    day = date(2026, 3, 2).isoformat()
    stage.decide("conversion.yaml", "confirmed_on: null", f"confirmed_on: {day}")
    stage.decide("conversion.yaml", 'fields: ""', f"fields: {fields_digest(table)}")


# S82, S83, S96, S106: one story, in the order in which it happens
def test_nothing_is_loaded_while_nobody_has_confirmed_the_conversion(
    stage: Stage,
) -> None:
    result = stage.prepare()
    said = refusal(result, "confirmed_conversion")
    assert "NotConfirmed" in said
    assert "conversion_checklist.md" in said
    assert not result.asset_materializations_for_node("intended_records")

    confirm(stage)
    assert stage.prepare().success
    assert stage.approve(stage.plan()).success
    before = stage.writes()
    said_so = (stage.root / "mappings" / "conversion.yaml").read_text(encoding="utf-8")
    stage.decide("conversion.yaml", "confirmed_by: Somebody", 'confirmed_by: ""')
    # The load's own body looks again: a check could be passed by a run of this asset alone.
    assert "Nobody has confirmed" in refusal(
        stage.alone("loaded_accounts"), "loaded_accounts"
    )
    assert stage.writes() == before

    (stage.root / "mappings" / "conversion.yaml").write_text(said_so, encoding="utf-8")
    assert stage.alone("loaded_accounts").success
    assert stage.writes() == before + 1


# S83
def test_the_check_names_lead_fields_that_would_be_lost() -> None:
    table = pl.DataFrame(
        {"label": ["Budget", "Colour"], "problem": ["no_counterpart", None]}
    )
    verdict = every_lead_field_survives_conversion({"conversion_mapping": table})
    assert (verdict.failures, verdict.where) == (1, ["Budget"])
    assert verdict.counts["because no_counterpart"] == 1
    suite = every_lead_field_survives_conversion({"conversion_mapping": table.clear()})
    assert suite.failures == 0
