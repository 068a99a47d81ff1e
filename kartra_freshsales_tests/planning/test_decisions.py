"""What a person decided about conflicts and deletions, and what left the source."""

import json

import polars as pl
import pytest
from pydantic import ValidationError

from kartra_freshsales.mapping.decisions.conflicts import Conflicts
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales.planning.departed import (
    LEFT,
    complete_batches,
    left_the_source,
)
from kartra_freshsales.planning.matching import MISSING, missing
from kartra_freshsales.planning.plan import make_plan
from kartra_freshsales_tests.planning.scenario import (
    ACCOUNT,
    ACCOUNT_KEY,
    CONTACT,
    CONTACT_KEY,
    DEAL_KEY,
    NOBODY,
    NOTHING,
    Key,
    Record,
    identities,
    intended,
    snapshot,
)

BUYER: Key = ("contacts", CONTACT_KEY)
CHANGED: dict[Key, Record] = {BUYER: {"city": "Rome", "first_name": "Bea"}}
EDITED: dict[Key, Record] = {BUYER: {"city": "Bergen", "first_name": "Bo"}}


def said(take: str, *fields: str, **rest: str) -> Conflicts:
    line = {"module": "contacts", "record": CONTACT_KEY, "take": take, "fields": fields}
    return Conflicts.model_validate({"records": [line], **rest})


def buyer(decisions: Conflicts) -> tuple[dict[str, object], dict[str, str]]:
    """The plan's row of the contested contact, and each field's resolution."""
    plan, conflicts = make_plan(
        intended(CHANGED), identities(), snapshot(EDITED), batch="mar", said=decisions
    )
    row = plan.row(by_predicate=pl.col("source_key") == CONTACT_KEY, named=True)
    return row, dict(conflicts.select("field", "resolution").iter_rows())


# G5: without a decision people's edits win
def test_a_person_decides_whose_value_a_contested_field_gets() -> None:
    row, _ = buyer(Conflicts())
    assert (row["operation"], row["reason"]) == ("conflict", "changed_by_people")
    row, why = buyer(said("ours", "city"))
    assert (row["operation"], row["fields"]) == ("update", ["city"])
    assert why == {
        "city": "source_wins_by_decision",
        "first_name": "destination_wins",
    }
    row, why = buyer(said("theirs"))
    assert (row["operation"], row["reason"]) == ("skip", "destination_wins_by_decision")
    assert set(why.values()) == {"destination_wins_by_decision"}
    row, _ = buyer(said("theirs", "city", changed_by_both="ours"))
    assert (row["operation"], row["fields"]) == ("update", ["first_name"])


# G5, G10: consent is nobody's to raise, whatever stands in the decisions
def test_no_decision_raises_consent() -> None:
    plan, _ = make_plan(
        intended({BUYER: {"subscription_status": 1}}),
        identities(),
        snapshot({BUYER: {"subscription_status": 3}}),
        batch="mar",
        said=said("ours", changed_by_both="ours"),
    )
    assert "subscription_status" not in plan["fields"].explode().to_list()


# G15
def test_a_decision_about_a_conflict_voids_the_approval() -> None:
    assert Mapping().digest() != Mapping(conflicts=said("ours")).digest()


def test_lines_that_contradict_each_other_are_refused() -> None:
    line = {"module": "contacts", "record": CONTACT_KEY}
    with pytest.raises(ValidationError, match="differently"):
        Conflicts.model_validate(
            {"records": [{**line, "take": "ours"}, {**line, "take": "theirs"}]}
        )
    with pytest.raises(ValidationError, match="as a whole"):
        said("create_again", "city")


# G5
def test_what_people_deleted_is_missed_even_if_it_was_the_newest_record_of_all() -> None:
    known = {(m, k): n for m, k, n in identities().select(
        "module", "source_key", "freshsales_id").iter_rows()}  # fmt: skip
    gone = missing(known, NOTHING, "suite")
    plan, conflicts = make_plan(
        intended(), identities(), NOTHING, batch="apr", missing=gone
    )
    assert set(plan["operation"]) == {"conflict"}
    assert set(plan["reason"]) == {"deleted_at_destination"}
    assert conflicts.height == plan.height
    # Loaded while or after the snapshot was read: not in it, and not deleted.
    later, _ = make_plan(
        intended(), identities(), NOTHING, batch="apr", missing=pl.DataFrame(schema=MISSING)
    )
    assert set(later["operation"]) == {"skip"}


# G5
def test_a_deleted_record_is_created_again_by_decision_and_linked_anew() -> None:
    there = snapshot({("deals", DEAL_KEY): {"contact_ids": []}}, without=[CONTACT_KEY])
    plan, conflicts = make_plan(
        intended(), identities(), there, batch="apr", said=said("create_again")
    )
    rows = {row["source_key"]: row for row in plan.iter_rows(named=True)}
    assert rows[CONTACT_KEY]["operation"] == "create"
    assert rows[CONTACT_KEY]["reason"] == "created_again_by_decision"
    assert rows[CONTACT_KEY]["freshsales_id"] == CONTACT
    assert (rows[DEAL_KEY]["operation"], rows[DEAL_KEY]["fields"]) == (
        "update",
        ["contact"],
    )
    assert rows[ACCOUNT_KEY]["freshsales_id"] == ACCOUNT
    assert set(conflicts["resolution"]) == {"created_again_by_decision"}
    # What people had made is not ours to erase, so that there is no room for a new one.
    adopted = identities().with_columns(origin=pl.lit("adopted"))
    kept, _ = make_plan(
        intended(), adopted, there, batch="apr", said=Conflicts(deleted="create_again")
    )
    assert kept.filter(source_key=CONTACT_KEY)["operation"].to_list() == ["conflict"]


def complete(*rows: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"kind": pl.String, "batch": pl.String}, orient="row")


# S74: newest by the export's time, then by key; an older batch is no part of the whole
def test_what_was_exported_after_a_complete_batch_counts_as_well() -> None:
    day = pl.Series([3, 1, None, 2]).cast(pl.Datetime("us", "UTC"))
    files = pl.DataFrame(
        {
            "kind": ["contacts", "contacts", "contacts", "transactions"],
            "batch": ["mar", "jan", "zzz", "mar"],
            "exported_at": day,
        }
    )
    found = complete_batches(files, [("contacts", "jan"), ("transactions", "gone")])
    assert sorted(found.rows()) == [("contacts", "jan"), ("contacts", "mar")]
    assert complete_batches(files, []).is_empty()


# S74, G5: an export is a subset unless a person says that it is everything
def test_a_record_leaves_the_source_only_where_an_export_is_the_whole() -> None:
    live = identities()
    assert left_the_source(intended(), live, complete()).is_empty()
    assert left_the_source(intended(), live, complete(("contacts", "mar"))).is_empty()
    left = left_the_source(intended(), live, complete(("contacts", "apr")))
    assert left.select("source_key", "freshsales_id", "because").rows() == [
        (CONTACT_KEY, CONTACT, "not_in_the_complete_export")
    ]
    withdrawn = left_the_source(intended(without=[DEAL_KEY]), live, complete())
    assert withdrawn.select("source_key", "because").rows() == [
        (DEAL_KEY, "in_no_standing_export")
    ]


# G5: a plan tells it and deletes nothing; what was never loaded is not begun
def test_what_left_the_source_is_told_and_neither_deleted_nor_created() -> None:
    left = pl.DataFrame({"module": ["contacts"], "source_key": [CONTACT_KEY]})
    plan, _ = make_plan(intended(), identities(), snapshot(), batch="mar", left=left)
    row = plan.row(by_predicate=pl.col("source_key") == CONTACT_KEY, named=True)
    assert (row["operation"], row["reason"]) == ("skip", LEFT)
    assert "rollback --left-source" in row["remedy"]
    fresh, _ = make_plan(intended(), NOBODY, NOTHING, batch="mar", left=left)
    row = fresh.row(by_predicate=pl.col("source_key") == CONTACT_KEY, named=True)
    assert (row["operation"], row["reason"]) == ("refuse", LEFT)
    assert json.loads(row["payload"])["city"] == "Oslo"
