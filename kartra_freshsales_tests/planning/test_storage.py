"""Room for files is told before anything is sent (S73)."""

import json

import polars as pl
import pytest

from kartra_freshsales.planning.refusals import SCHEMA
from kartra_freshsales.planning.storage import room_in_bytes, storage_refusals

GB = 1_000_000_000
NOTHING = pl.DataFrame(
    schema={"module": pl.String, "source_key": pl.String, "state": pl.String,
            "written": pl.String}
)  # fmt: skip


def files(*sizes: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "module": ["contacts", *("files" for _ in sizes)],
            "source_key": ["a", *(f"file:{n}" for n, _ in enumerate(sizes))],
            "payload": ["{}", *(json.dumps({"size": size}) for size in sizes)],
        }
    )


# S73
@pytest.mark.parametrize(
    ("per_user", "users", "decided", "room"),
    [(2, 3, None, 6 * GB), (0, 3, None, 0), (None, 3, None, None), (2, 3, 0.5, GB // 2)],
)
def test_room_is_what_the_plan_gives_each_user_or_what_was_decided(
    per_user: float | None, users: int, decided: float | None, room: int | None
) -> None:
    assert room_in_bytes(per_user, users, decided) == room


# S73
def test_files_that_need_more_than_there_is_are_refused_together_with_the_figures() -> None:
    refused = storage_refusals(files(GB, GB), NOTHING, 2 * GB - 1)
    assert refused["source_key"].to_list() == ["file:0", "file:1"]
    assert "need 2.000 GB" in refused["remedy"][0]
    assert list(refused.schema) == list(SCHEMA)
    for room in (2 * GB, None):
        assert storage_refusals(files(GB, GB), NOTHING, room).is_empty()


# S73
def test_what_was_uploaded_already_takes_room_and_is_not_counted_twice() -> None:
    there = pl.DataFrame(
        {
            "module": ["files", "files"],
            "source_key": ["file:0", "file:9"],
            "state": ["live", "rolled_back"],
            "written": [json.dumps({"size": GB})] * 2,
        }
    )
    assert storage_refusals(files(GB, GB), there, 2 * GB).is_empty()
    [remedy] = storage_refusals(files(GB, GB), there, 2 * GB - 1)["remedy"]
    assert "1.000 GB are uploaded already" in remedy
