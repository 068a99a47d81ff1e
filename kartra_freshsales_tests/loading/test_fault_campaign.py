"""Some runs of the fault campaign; ``benchmarks/faults.py`` makes a thousand of them."""

from __future__ import annotations

from collections import Counter

import pytest

from kartra_freshsales_tests.loading.campaign import campaign
from kartra_freshsales_tests.loading.campaign_draw import MOMENTS, draw

SEEDS = range(25)


# G1 G2 S20; specification 7
@pytest.mark.timeout(600)
def test_kill_it_anywhere_nothing_twice_nothing_lost() -> None:
    reports = list(campaign(SEEDS, ledger="sqlite", jobs=3))
    found = {
        report.seed: (report.duplicates, report.losses, report.violations)
        for report in reports
        if not report.clean
    }
    assert found == {}
    assert {report.seed for report in reports} == set(SEEDS)
    assert sum(report.kills for report in reports) >= 2 * len(SEEDS)
    assert sum(report.undone for report in reports) >= len(SEEDS) // 4
    faults = sum((report.faults for report in reports), Counter[str]())
    assert faults.total() >= len(SEEDS)
    assert len(faults) >= 10


def test_a_seed_draws_the_same_run_each_time_and_all_runs_differ() -> None:
    assert [draw(seed) for seed in SEEDS] == [draw(seed) for seed in SEEDS]
    assert len({repr(draw(seed)) for seed in SEEDS}) == len(SEEDS)


def test_the_runs_die_at_every_kind_of_moment_and_keep_both_kinds_of_ledger() -> None:
    drawn = [draw(seed) for seed in range(200)]
    kills = (k for run in drawn for stage in run.stages.values() for k in stage.kills)
    assert {kill.moment for kill in kills} == set(MOMENTS)
    assert {run.database for run in drawn} == {"sqlite", "postgres"}
    assert {run.undo for run in drawn} == {"", "all", "feb"}
