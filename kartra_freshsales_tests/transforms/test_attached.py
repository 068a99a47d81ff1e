"""Activities and attachments: what is read of the two files that people make."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from kartra_freshsales.freshsales.lookups import Lookups
from kartra_freshsales.kartra.attached import look_at
from kartra_freshsales.kartra.front_door import BatchRead, read_batch
from kartra_freshsales.kartra.kinds import ExportKind, recognise
from kartra_freshsales.mapping.building.activities import activity_rows, file_rows
from kartra_freshsales.mapping.decisions.activities import Activities, Attachments
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales.reconcile.conservation import equation
from kartra_freshsales.transforms.activities import (
    clean_activities,
    golden_activities,
    seconds_of,
)
from kartra_freshsales.transforms.attachments import clean_attachments, golden_attachments
from kartra_freshsales.transforms.conservation import ledger_of_rows
from kartra_freshsales.transforms.records import PROVENANCE, Cleaned, Golden

MAPPING = Mapping()
RULES = MAPPING.source
CONTACTS = pl.DataFrame(
    {
        "contact_key": ["one@example.com", "two@example.com", "three@example.com"],
        "kartra_id": ["1", "2", "2"],
        "account_key": [None, None, None],
        "owner": [None, "boss@example.com", None],
    },
    schema_overrides={"account_key": pl.String},
)
SALES = pl.DataFrame(
    {
        "transaction_id": ["77"],
        "deal_key": ["txn:77"],
        "contact_key": ["two@example.com"],
    }
)
HEADER = (
    "contact_email,lead_id,kind,happened_at,subject,body,duration,direction,owner,source_id"
)
CALL = "one@example.com,,call,2021-03-04T10:15:00Z,Hello,Said this.,5,out,a@example.com,c1"


def read(folder: Path, lines: Sequence[str], *, batch: str = "jan") -> BatchRead:
    """A batch with these lines of activities."""
    (folder / batch).mkdir(exist_ok=True)
    text = "\n".join([HEADER, *lines])
    (folder / batch / "whatever.csv").write_text(text, encoding="utf-8")
    return read_batch(folder / batch, batch=batch)


def cleaned(folder: Path, *lines: str, batch: str = "jan") -> Cleaned:
    frames = read(folder, lines, batch=batch).frames
    return clean_activities(frames[ExportKind.ACTIVITIES], RULES)


def golden(*parts: Cleaned, decided: Activities | None = None) -> Golden:
    rows = pl.concat([part.rows for part in parts])
    return golden_activities(rows, CONTACTS, RULES, decided or MAPPING.activities)


# S19
def test_the_kinds_are_told_by_their_headers() -> None:
    assert recognise(HEADER.split(",")) is ExportKind.ACTIVITIES
    attachments = ["Contact email", "Path", "Original name", "Created at"]
    assert recognise(attachments) is ExportKind.ATTACHMENTS
    # A custom field named like ours makes no manifest of a contacts export.
    assert recognise(["email", "first_name", "path"]) is ExportKind.CONTACTS


# S19
def test_a_time_with_a_zone_is_that_time_and_one_without_is_the_accounts(
    tmp_path: Path,
) -> None:
    rows = cleaned(
        tmp_path,
        CALL,
        "one@example.com,,Phone Call,2021-03-04 10:15:00,,,,,,c2",
        "one@example.com,,e-mail,2021-03-04T10:15:00+02:00,,,,in,,c3",
    ).rows
    assert rows["happened_at"].to_list() == [
        datetime(2021, 3, 4, 10, 15, tzinfo=UTC),
        datetime(2021, 3, 4, 15, 15, tzinfo=UTC),
        datetime(2021, 3, 4, 8, 15, tzinfo=UTC),
    ]
    assert rows["kind"].to_list() == ["call", "call", "email"]
    assert rows["direction"].to_list() == ["outgoing", None, "incoming"]


# S76
def test_what_has_no_kind_or_no_time_is_set_aside_with_a_reason(tmp_path: Path) -> None:
    found = cleaned(
        tmp_path,
        CALL,
        "one@example.com,,fax,2021-03-04,,,,,,",
        "one@example.com,,call,soon,,,,,,",
    )
    assert found.set_aside["reason"].to_list() == ["unknown_kind", "no_time"]
    assert found.rows.height == 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5", 300), ("1.5", 90), ("0:05:10", 310), ("1:30", 5400), ("soon", None),
     ("-1", None), ("1:2:3:4", None), ("nan", None), ("inf", None)],
)  # fmt: skip
def test_a_duration_is_minutes_or_a_clock(text: str, seconds: int | None) -> None:
    assert seconds_of(text) == seconds


# S36: the same rungs as buyers
def test_an_activity_finds_its_contact_by_id_then_by_address(tmp_path: Path) -> None:
    found = golden(
        cleaned(
            tmp_path,
            ",1,call,2021-03-04,,,,,,a",
            "TWO@example.com,,call,2021-03-04,,,,,,b",
            ",2,call,2021-03-04,,,,,,c",
            "none@example.com,,call,2021-03-04,,,,,,d",
        )
    )
    assert found.records.select("contact_key", "join_rung", "owner").rows() == [
        ("one@example.com", "lead_id", None),
        ("two@example.com", "email", "boss@example.com"),
    ]
    reasons = found.row_states["reason"].drop_nulls().to_list()
    assert reasons == ["contact_ambiguous", "contact_not_found"]


# S74, G4
def test_batches_that_overlap_bring_an_activity_once(tmp_path: Path) -> None:
    bare = CALL.removesuffix(",c1") + ","  # no id: the content tells
    jan = cleaned(tmp_path, CALL, bare)
    feb = cleaned(tmp_path, CALL, bare, batch="feb")
    found = golden(jan, feb)
    assert found.records.height == 2
    rows = ledger_of_rows(states=[found.row_states])
    [counts] = (
        equation(rows, pl.DataFrame(schema={"module": pl.String}))
        .group_by("kind")
        .agg(pl.col("rows", "loaded", "merged").sum(), pl.col("balanced").all())
        .rows()
    )
    assert counts == ("activities", 4, 2, 2, True)


# S19: the original time, direction and author stand in the first line, too
def test_each_kind_becomes_its_own_record_at_its_own_time(tmp_path: Path) -> None:
    found = golden(
        cleaned(
            tmp_path,
            CALL,
            "one@example.com,,meeting,2021-03-05T10:00:00Z,,,60,,,m1",
            "one@example.com,,task,2021-03-06T10:00:00Z,Call back,,,,,t1",
        )
    )
    lookups = Lookups(owners={"a@example.com": 9})
    rows = activity_rows(found.records, MAPPING, lookups)
    payloads = pl.DataFrame(
        [pl.Series(rows["payload"]).str.json_decode(infer_schema_length=None)]
    ).unnest("payload")
    assert payloads["record"].to_list() == ["sales_activities", "appointments", "tasks"]
    call, meeting, task = payloads.to_dicts()
    assert (call["type"], call["end"], call["owner_id"]) == (
        "Phone", "2021-03-04T10:20:00Z", 9,
    )  # fmt: skip
    assert call["text"] == (
        "Call, 2021-03-04 05:15 EST, outgoing, 5 min, by a@example.com, id c1\nSaid this."
    )
    assert (meeting["title"], meeting["end"]) == ("Meeting", "2021-03-05T11:00:00Z")
    assert (task["done"], task["end"], task["type"]) == (True, None, None)


# S19: the choice, and its cost
def test_activities_may_be_folded_into_one_note_per_contact(tmp_path: Path) -> None:
    folded = Activities.model_validate({"as": "folded_note"})
    mapping = MAPPING.model_copy(update={"activities": folded})
    second = "one@example.com,,task,2020-03-06T10:00:00Z,Earlier,,,,,t1"
    found = golden(cleaned(tmp_path, CALL, second), decided=folded)
    [note] = activity_rows(found.records, mapping, Lookups()).to_dicts()
    assert (note["module"], note["source_key"]) == (
        "notes", "note:one@example.com#activities-jan",
    )  # fmt: skip
    assert note["payload"].index("Task, 2020") < note["payload"].index("Call, 2021")
    assert set(found.row_states["record_key"]) == {note["source_key"]}
    none = golden(
        cleaned(tmp_path, CALL), decided=Activities.model_validate({"as": "none"})
    )
    assert none.row_states["state"].to_list() == ["excluded"]


def test_a_batch_without_either_file_yields_nothing() -> None:
    nothing = pl.DataFrame(schema=PROVENANCE)
    files = clean_attachments(nothing, RULES, Attachments())
    done = clean_activities(nothing, RULES)
    assert (files.rows.height, done.rows.height) == (0, 0)
    assert golden(done).records.height == 0
    made = golden_attachments(files.rows, CONTACTS, SALES, RULES, Attachments())
    assert made.records.height == made.row_states.height == 0


# S20
def test_files_are_found_measured_and_given_to_their_contact_or_deal(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "jan"
    (folder / "files").mkdir(parents=True)
    (folder / "files" / "a.pdf").write_bytes(b"contract")
    (folder / "files" / "same.pdf").write_bytes(b"contract")
    (folder / "beside.pdf").write_bytes(b"%PDF beside")
    (folder / "files" / "none.txt").write_bytes(b"")
    (tmp_path / "secret").write_text("not ours")
    (folder / "link.pdf").symlink_to(tmp_path / "secret")
    lines = [
        "contact_email,transaction_id,path,original_name",
        "one@example.com,,files\\a.pdf,Contract.pdf",
        "one@example.com,,files/same.pdf,",
        "one@example.com,77,beside.pdf,",
        "one@example.com,,../secret,",
        "one@example.com,,link.pdf,",
        "one@example.com,,files/none.txt,",
        "one@example.com,,missing.pdf,",
        "one@example.com,78,files/a.pdf,",
        ",,files/a.pdf,",
    ]
    (folder / "list.csv").write_text("\n".join(lines), encoding="utf-8")
    batch = read_batch(folder, batch="jan")
    assert batch.problems == ()  # what lies beside the list is no export that failed
    part = clean_attachments(batch.frames[ExportKind.ATTACHMENTS], RULES, Attachments())
    assert part.set_aside.sort("_row")["reason"].to_list() == [
        "file_outside", "file_outside", "file_empty", "file_missing", "nobodys",
    ]  # fmt: skip
    found = golden_attachments(part.rows, CONTACTS, SALES, RULES, Attachments())
    files = found.records.select("name", "size", "contact_key", "deal_key").rows()
    assert sorted(files) == [
        ("Contract.pdf", 8, "one@example.com", None),
        ("beside.pdf", 11, "two@example.com", "txn:77"),
    ]
    ended = found.row_states.sort("_row").select("state", "reason").rows()
    assert ended == [
        ("merged", "same_id"), ("loaded", None), ("loaded", None),
        ("quarantined", "deal_not_found"),
    ]  # fmt: skip
    rows = file_rows(found.records, MAPPING)
    assert set(rows["module"]) == {"files"}
    assert rows["payload"].str.contains('"path":"jan/').all()
    small = clean_attachments(
        batch.frames[ExportKind.ATTACHMENTS].with_columns(file_size=pl.lit("2000001")),
        RULES,
        Attachments(largest_mb=2),
    )
    assert "file_too_large" in small.set_aside["reason"].to_list()


@pytest.mark.parametrize("path", ["/etc/hostname", "..", ".", "", "a/../../x", "\0"])
def test_no_path_leads_out_of_the_batch(path: str, tmp_path: Path) -> None:
    assert look_at(tmp_path, path).state == "outside"
