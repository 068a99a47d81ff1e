"""The same journey with the ledger in PostgreSQL, as several machines would share it."""

from pathlib import Path

import psycopg
import pytest

from kartra_freshsales_tests.journey.scene import WHO, new_scene

pytestmark = pytest.mark.timeout(900)


# G1, G19
def test_the_journey_there_and_back_runs_on_a_shared_ledger(
    tmp_path: Path, postgres_url: str
) -> None:
    with new_scene(tmp_path / "workspace", sample=40) as scene:
        with (scene.root / ".env").open("a", encoding="utf-8") as settings:
            settings.write(f"KF_LEDGER_URL={postgres_url}\n")
        loaded = scene.migrate()
        assert loaded.code == 0, loaded.screen[-2000:]
        assert loaded.facts["certificate"] == "pass"
        again = scene.migrate()
        assert (again.code, again.writes) == (0, 0)
        back = scene.run("rollback", "--approve", WHO, "--json")
        assert (back.code, back.facts["state"]) == (0, "done"), back.screen[-2000:]
        assert not any(scene.crm.standing().records.values())
        assert not list((scene.root / "data").glob("ledger.sqlite*"))
    address = postgres_url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(address) as connection:
        states = connection.execute("SELECT DISTINCT state FROM intent").fetchall()
    assert {state for (state,) in states} == {"confirmed"}
