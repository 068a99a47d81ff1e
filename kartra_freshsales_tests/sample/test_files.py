"""How the files of a sample lie on disk."""

import csv
import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kartra_freshsales.sample import generate
from kartra_freshsales_tests.sample.conftest import Written

_NAME = re.compile(
    r"(contacts_kartra|report_all_transactions|all_subscriptions)"
    r"_(\d\d)-(\d\d)-(\d{4})_([0-9a-f]{8})[0-9a-f]{5}\.csv"
)


def _digests(out: Path) -> dict[str, str]:
    files = sorted(path for path in out.rglob("*") if path.is_file())
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def _header(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file))


def _files(written: Written, words: str) -> list[Path]:
    return sorted(written.out.glob(f"batch-*/{words}*.csv"))


def test_the_same_seed_writes_the_same_files(tmp_path: Path) -> None:
    generate(tmp_path / "one", 120, seed=5)
    generate(tmp_path / "two", 120, seed=5)
    generate(tmp_path / "other", 120, seed=6)
    assert _digests(tmp_path / "one") == _digests(tmp_path / "two")
    assert _digests(tmp_path / "one") != _digests(tmp_path / "other")


def test_a_batch_is_a_folder_of_stamped_exports_beside_the_truth(written: Written) -> None:
    # S74
    folders = sorted(path.name for path in written.out.glob("[!.]*"))
    assert folders == ["batch-01", "batch-02", "batch-03", "truth.json"]
    for folder in folders[:3]:
        names = sorted(path.name for path in (written.out / folder).iterdir())
        matches = [_NAME.fullmatch(name) for name in names]
        assert {match[1] for match in matches if match} == {
            "contacts_kartra", "report_all_transactions", "all_subscriptions",
        }  # fmt: skip
        for match in matches:
            assert match
            day, month, year = map(int, match.group(2, 3, 4))
            exported = datetime.fromtimestamp(int(match[5], 16), tz=UTC)
            assert (exported.year, exported.month, exported.day) == (year, month, day)


def test_later_batches_were_exported_later(written: Written) -> None:
    stamps = [
        [int(path.stem[-13:-5], 16) for path in sorted((written.out / folder).iterdir())]
        for folder in ("batch-01", "batch-02", "batch-03")
    ]
    assert max(stamps[0]) < min(stamps[1])
    assert max(stamps[1]) < min(stamps[2])


def test_the_last_batch_holds_a_segment_exported_again(written: Written) -> None:  # S76
    assert len(_files(written, "contacts_kartra")) == 4
    whole, segment = sorted((written.out / "batch-03").glob("contacts_kartra*"))
    assert segment.stat().st_size < whole.stat().st_size / 5


def test_headers_are_those_of_real_exports(written: Written) -> None:  # S1
    for path in _files(written, "contacts_kartra"):
        header = _header(path)
        assert header[:3] == ["id", "first_name", "middle_name"]
        assert header[-6:] == [
            "owner", "Company size", "Preferred contact", "Interests", "Main topic",
            "About you",
        ]  # fmt: skip
        assert len(header) == len(set(header)) == 45
    for path in _files(written, "report_all_transactions"):
        header = _header(path)
        assert len(header) == len(set(header)) == 57
        assert {"ID", "Transaction_Type", "Amount (USD)", "lead_id", "Trial"} <= set(header)
    for path in _files(written, "all_subscriptions"):
        assert {"Status", "Recurrence_Term", "Next payment date"} <= set(_header(path))


def test_one_file_has_byte_order_mark_and_crlf(written: Written) -> None:  # G8
    files = sorted(written.out.glob("batch-*/*.csv"))
    marked = [path for path in files if path.read_bytes().startswith(b"\xef\xbb\xbf")]
    windows = [path for path in files if b"\r\n" in path.read_bytes()]
    assert marked == windows
    assert len(marked) == 1


def test_tags_are_separated_by_comma_in_one_file_and_semicolon_in_another(
    written: Written,
) -> None:
    # S44
    marks = []
    for path in _files(written, "contacts_kartra"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = [row["tags"] for row in csv.DictReader(file)]
        marks.append({mark for mark in ",;" if any(mark in cell for cell in cells)})
    assert all(len(each) == 1 for each in marks)
    assert len(set().union(*marks)) == 2


def test_writing_again_replaces_and_never_mixes(tmp_path: Path) -> None:
    generate(tmp_path, 60, batches=3)
    before = _digests(tmp_path)
    generate(tmp_path, 60, batches=3)
    assert _digests(tmp_path) == before
    with pytest.raises(FileExistsError, match="batch-03"):
        generate(tmp_path, 60, batches=2)


@pytest.mark.parametrize(
    ("contacts", "batches", "seed"), [(9, 1, 7), (20, 0, 7), (20, 1, -1)]
)
def test_what_makes_no_sample_is_refused(
    tmp_path: Path, contacts: int, batches: int, seed: int
) -> None:
    with pytest.raises(ValueError, match=r"sample needs|seed"):
        generate(tmp_path, contacts, batches, seed)
    assert not list(tmp_path.iterdir())
