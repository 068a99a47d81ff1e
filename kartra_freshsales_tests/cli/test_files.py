"""Files on their way in: init, ingest, inspect, sample."""

import gzip
from pathlib import Path

import polars as pl
import pytest

from kartra_freshsales_tests.cli.scenario import (
    BATCH,
    CONTACTS,
    DONE,
    FAILED,
    SALES,
    UNUSABLE,
    WRONG_USE,
    Place,
    call,
)


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    """A folder with two good exports."""
    folder = tmp_path / "downloads [new]"
    folder.mkdir()
    (folder / "contacts.csv").write_text(CONTACTS)
    (folder / "sales.csv").write_text(SALES)
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty workspace."""
    assert call("init", tmp_path / "acme").code == DONE
    return tmp_path / "acme"


# S111: what to do next is told
def test_init_keeps_what_is_there_and_tells_what_comes_next(root: Path) -> None:
    kept = root / "mappings" / "owners.yaml"
    kept.write_text("default_owner: me@example.com\n")
    (root / "mappings" / "tags.yaml").unlink()
    said = call("init", root, "--json")
    assert said.facts["written"] == ["mappings/tags.yaml"]
    assert kept.read_text() == "default_owner: me@example.com\n"
    assert f"kartra-freshsales doctor --workspace {root}" in said.err
    assert "Nothing was missing" in call("init", root).err


@pytest.mark.parametrize("command", ["init", "sample --contacts 10 --out"])
def test_a_file_in_the_way_of_a_folder_is_named(command: str, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    said = call(*command.split(), tmp_path / "taken", "--json")
    assert said.code == FAILED
    assert str(tmp_path / "taken") in said.facts["error"]
    assert "move it away" in said.facts["error"] or "--out" in said.facts["error"]


# S10, S74, S98
def test_ingest_makes_the_next_batch_and_copies_every_byte(
    root: Path, downloads: Path
) -> None:
    files = sorted(downloads.iterdir())
    said = call("ingest", *files, "--workspace", root, "--json")
    assert said.code == DONE
    assert said.facts["batch"] == "batch-01"
    assert [f["kind"] for f in said.facts["files"]] == ["contacts", "transactions"]
    copied = sorted((root / "inbox" / "batch-01").iterdir())
    assert [p.name for p in copied] == [p.name for p in files]
    assert [p.read_bytes() for p in copied] == [p.read_bytes() for p in files]


# S76: no double count
def test_the_same_file_is_not_taken_twice_whatever_its_name(
    root: Path, downloads: Path
) -> None:
    first = downloads / "contacts.csv"
    again = downloads / "contacts (1).csv"
    again.write_bytes(first.read_bytes())
    both = call("ingest", first, again, "--workspace", root, "--json")
    assert both.facts["already"] == [
        {"file": "contacts (1).csv", "as": "batch-01/contacts.csv"}
    ]
    said = call("ingest", again, downloads / "sales.csv", "--workspace", root, "--json")
    assert said.facts["batch"] == "batch-02"
    assert [f["file"] for f in said.facts["files"]] == ["sales.csv"]
    assert said.facts["already"][0]["as"] == "batch-01/contacts.csv"
    assert "lies in the inbox already" in said.err
    nothing = call("ingest", again, "--workspace", root)
    assert nothing.code == DONE
    assert "Nothing new" in nothing.err
    assert not (root / "inbox" / "batch-03").exists()


def test_two_files_of_one_name_are_not_put_upon_each_other(
    root: Path, downloads: Path
) -> None:
    other = downloads / "more" / "contacts.csv"
    other.parent.mkdir()
    other.write_text(CONTACTS.replace("Ada", "Eda"))
    said = call("ingest", downloads / "contacts.csv", other, "--workspace", root)
    assert said.code == FAILED
    assert "Rename one" in said.err
    assert list((root / "inbox").iterdir()) == []


# S75
def test_where_one_file_is_unusable_all_are_named_and_none_is_copied(
    root: Path, downloads: Path
) -> None:
    for name, (content, _) in UNUSABLE.items():
        (downloads / name).write_bytes(content)
    said = call("ingest", *downloads.iterdir(), "--workspace", root, "--json")
    assert said.code == FAILED
    for name, (_, words) in UNUSABLE.items():
        line = next(x for x in said.facts["error"].splitlines() if name in x)
        assert words in line
    assert list((root / "inbox").iterdir()) == []


def test_a_batch_has_a_usable_name_and_no_files_yet(root: Path, downloads: Path) -> None:
    file = downloads / "contacts.csv"
    odd = call("ingest", file, "--workspace", root, "--batch", "March 2026", "--json")
    assert odd.code == WRONG_USE
    assert "a-z" in odd.facts["error"]
    assert call("ingest", file, "--workspace", root, "--batch", "march").code == DONE
    again = call("ingest", file, "--workspace", root, "--batch", "march")
    assert again.code == FAILED
    assert "another --batch" in again.err


@pytest.mark.parametrize("command", ["inspect", "ingest"])
def test_a_file_that_is_not_there_is_named(command: str, tmp_path: Path) -> None:
    missing = tmp_path / "no[thing].csv"
    said = call(command, missing, "--json")
    assert said.code == FAILED
    assert str(missing) in said.facts["error"]


# S75
@pytest.mark.parametrize("name", UNUSABLE)
def test_inspect_says_why_a_file_is_no_use_and_what_to_do(
    name: str, tmp_path: Path
) -> None:
    content, words = UNUSABLE[name]
    (tmp_path / name).write_bytes(content)
    said = call("inspect", tmp_path / name, "--json")
    assert said.code == FAILED
    assert said.facts["error"].startswith(f"{name}: ")
    assert words in said.facts["error"]
    assert "again" in said.facts["error"]


# G8
def test_inspect_tells_columns_rows_and_quarantine_and_writes_both(tmp_path: Path) -> None:
    file = tmp_path / "people.csv.gz"
    text = CONTACTS.replace("owner\n", "owner,Shoe size\n", 1).replace(
        ".com\n", ".com,42\n"
    )
    file.write_bytes(gzip.compress(f"{text}4,Dan\n".encode()))
    rows, aside = tmp_path / "out" / "rows.parquet", tmp_path / "q.parquet"
    said = call("inspect", file, "--out", rows, "--quarantine", aside)
    assert said.code == DONE
    assert "1 (1 too_few_fields)" in said.out
    custom = next(line for line in said.out.splitlines() if line.startswith("custom"))
    assert "Shoe size" in custom
    assert (pl.read_parquet(rows).height, pl.read_parquet(aside).height) == (3, 1)


def test_a_parquet_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CONTACTS)
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "rows.parquet"
    said = call("inspect", tmp_path / "a.csv", "--out", out, "--json")
    assert said.code == FAILED
    assert str(tmp_path / "file") in said.facts["error"]


# S75
def test_a_folder_is_listed_and_fails_where_a_file_is_no_use(tmp_path: Path) -> None:
    place = Place.new(tmp_path)
    folder = tmp_path / "inbox" / BATCH
    good = call("inspect", folder, "--json")
    assert good.code == DONE
    assert [f["kind"] for f in good.facts["files"]] == ["contacts", "transactions"]
    place.put("empty.csv", "")
    bad, told = call("inspect", folder), call("inspect", folder, "--json")
    assert (bad.code, told.code) == (FAILED, FAILED)
    assert "Problems" in bad.out
    assert told.facts["problems"] == ["empty.csv: is empty. Export it again."]
    assert len(told.facts["files"]) == 2
    assert call("inspect", folder, "--out", "x.parquet").code == WRONG_USE


def test_an_empty_folder_is_no_batch(tmp_path: Path) -> None:
    said = call("inspect", tmp_path)
    assert said.code == FAILED
    assert "no files" in said.err


def test_the_sample_does_not_mix_with_what_is_there(tmp_path: Path) -> None:
    words = ("sample", "--out", tmp_path, "--contacts", "10", "--batches")
    first = call(*words, "2", "--json")
    assert first.code == DONE
    assert "kinds" in first.facts
    again = call(*words, "1")
    assert again.code == FAILED
    assert "--out" in again.err
