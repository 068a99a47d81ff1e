"""A snapshot that was stopped goes on where it stopped, and tells what stands there."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from kartra_freshsales.loading.kept_pages import GOOD_FOR, KeptPages
from kartra_freshsales.loading.policy import Policy
from kartra_freshsales.loading.snapshot import read_snapshot
from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales_tests.loading.scenario import Account, Look, opened, small_load

LATER = Policy(now=lambda: datetime.now(UTC) + timedelta(minutes=5))


class Stopped(Exception):
    """Somebody stops the reading."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An account in which 450 contacts stand: five pages."""
    folder = tmp_path_factory.mktemp("snapshot")
    with (
        SandboxProcess(requests_per_hour=0) as server,
        opened(server, folder / "ledger.sqlite") as account,
    ):
        account.load(small_load(3, 450, 0, 0))
        yield account


def _read(
    here: Account, kept: KeptPages, stop_after: int = 0, policy: Policy | None = None
) -> pl.DataFrame:
    """Read all contacts, or stop after so many pages."""
    pages = 0

    def tell(_module: str, _done: int, _total: int) -> None:
        nonlocal pages
        pages += 1
        if pages == stop_after:
            raise Stopped

    return read_snapshot(
        here.client,
        here.metadata,
        "suite",
        endpoints=["contacts"],
        progress=tell,
        kept=kept,
        policy=policy,
    )


def _stopped(here: Account, folder: Path, pages: int) -> KeptPages:
    kept = KeptPages(folder / "kept")
    with pytest.raises(Stopped):
        _read(here, kept, stop_after=pages)
    return kept


def test_pages_that_were_read_are_not_read_again(here: Account, tmp_path: Path) -> None:
    # G3
    whole = _read(here, KeptPages(tmp_path / "none"))
    kept = _stopped(here, tmp_path, 3)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "kept").iterdir()} == {
        0o600
    }
    before = here.client.counts["read"]
    again = _read(here, kept)
    assert here.client.counts["read"] - before == 3  # the last one once more, then two
    assert again.equals(whole)
    assert not (tmp_path / "kept").exists()


def test_what_was_changed_since_on_a_page_that_was_read_is_seen(
    here: Account, tmp_path: Path
) -> None:
    # G5
    kept = _stopped(here, tmp_path, 3)
    number = _read(here, KeptPages(tmp_path / "none")).item(7, "freshsales_id")
    with Look(here.server) as look:
        look.put(f"/contacts/{number}", {"contact": {"city": "Lisbon"}})
    seen = _read(here, kept, policy=LATER)
    assert seen.height == 450
    assert '"Lisbon"' in seen.filter(freshsales_id=number).item(0, "record")


def test_where_records_were_deleted_meanwhile_it_starts_again(
    here: Account, tmp_path: Path
) -> None:
    # G3: pages have shifted, and one record would be on none of those that are left
    kept = _stopped(here, tmp_path, 3)
    gone = _read(here, KeptPages(tmp_path / "none")).item(7, "freshsales_id")
    with Look(here.server) as look:
        look.delete(f"/contacts/{gone}")
    whole = _read(here, KeptPages(tmp_path / "none"))
    again = _read(here, kept)
    assert again.equals(whole)
    assert gone not in again["freshsales_id"]


def test_old_and_torn_pages_are_not_trusted(tmp_path: Path) -> None:
    now = [datetime(2026, 3, 1, tzinfo=UTC)]
    kept = KeptPages(tmp_path, now=lambda: now[0])
    kept.add("contacts", 7, [("contacts", 1, "person.1@example.com", "{}", None)])
    found = kept.of("contacts", 7)
    assert found is not None
    assert (found.began, [len(page) for page in found.pages]) == (now[0], [1])
    with (tmp_path / "contacts-7.jsonl").open("a") as file:
        file.write('[["contacts", 2, "pers')
    assert kept.of("contacts", 7) is None
    assert list(tmp_path.iterdir()) == []
    kept.add("contacts", 7, [("contacts", 1, None, "{}", None)])
    now[0] += GOOD_FOR * 2
    assert kept.of("contacts", 7) is None
