"""The load plan of a batch."""

import json

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.planning.existing import payload_hash
from kartra_freshsales.planning.matching import MISSING
from kartra_freshsales.planning.plan import SCHEMA, make_plan
from kartra_freshsales_tests.planning.scenario import (
    ACCOUNT_KEY,
    CONTACT,
    CONTACT_KEY,
    DEAL_KEY,
    NOBODY,
    NOTHING,
    PAYLOADS,
    Key,
    Record,
    identities,
    intended,
    snapshot,
)

BUYER: Key = ("contacts", CONTACT_KEY)
BAKERY: Key = ("sales_accounts", ACCOUNT_KEY)
SALE: Key = ("deals", DEAL_KEY)
WRITES = ["create", "update"]


def planned(  # noqa: PLR0917  what a test changes, in the order of the story
    wanted: pl.DataFrame | None = None,
    known: pl.DataFrame = NOBODY,
    there: pl.DataFrame = NOTHING,
    batch: str = "apr",
    refusals: pl.DataFrame | None = None,
    missing: pl.DataFrame | None = None,
) -> pl.DataFrame:
    frame = intended() if wanted is None else wanted
    return make_plan(frame, known, there, batch=batch, refusals=refusals, missing=missing)[
        0
    ]


def operations(plan: pl.DataFrame) -> dict[str, str]:
    return dict(plan.select("source_key", "operation").iter_rows())


def reasons(plan: pl.DataFrame) -> dict[str, str | None]:
    return dict(plan.select("source_key", "reason").iter_rows())


def row(plan: pl.DataFrame, key: str) -> dict[str, object]:
    return plan.row(by_predicate=pl.col("source_key") == key, named=True)


def refused(module: str, key: str, reason: str) -> pl.DataFrame:
    return pl.DataFrame(
        {"module": [module], "source_key": [key], "field": ["x"], "reason": [reason],
         "remedy": ["Correct it."]}
    )  # fmt: skip


# S18, S33
def test_a_batch_brings_the_parents_that_others_own_in_loading_order() -> None:
    plan = planned()
    assert plan.select("module", "role", "operation").rows() == [
        ("sales_accounts", "parent", "create"),
        ("contacts", "parent", "create"),
        ("deals", "own", "create"),
    ]
    assert plan.schema == pl.Schema(SCHEMA)
    assert plan["batch"].to_list() == ["mar", "mar", "apr"]
    own = planned(batch="mar")
    assert own["role"].to_list() == ["own", "own"]
    assert own["module"].to_list() == ["sales_accounts", "contacts"]


# S18
@given(st.lists(st.integers(0, 5), min_size=1, max_size=6), st.integers(0, 3))
@settings(max_examples=30, deadline=None)
def test_every_record_of_a_plan_finds_its_parents_in_the_same_plan(
    contact_of: list[int], batches: int
) -> None:
    changes: dict[Key, Record] = {
        ("contacts", f"p{n}@example.com"): {
            "email": f"p{n}@example.com",
            "sales_account": f"account {n % 2}",
        }
        for n in set(contact_of)
    }
    changes |= {
        ("sales_accounts", f"account {n}"): {"name": f"Account {n}"} for n in range(2)
    }
    changes |= {
        ("deals", f"txn:{100 + at}"): {"name": f"D {at}", "contact": f"p{n}@example.com"}
        for at, n in enumerate(contact_of)
    }
    spread = pl.int_range(pl.len()) % (batches + 1)
    frame = intended(changes).with_columns(pl.format("b{}", spread).alias("batch"))
    for batch in frame["batch"].unique():
        plan = planned(frame, batch=batch)
        present = set(plan["source_key"])
        for payload in plan["payload"]:
            record = json.loads(payload)
            assert {record.get("contact"), record.get("sales_account")} - {None} <= present
        owned = frame.filter(pl.col("batch") == batch)["source_key"]
        assert set(owned) == set(plan.filter(role="own")["source_key"])


def test_a_create_names_all_its_filled_keys() -> None:
    frame = intended({BUYER: {"phone_note": None, "job_title": 'Head of "x": null'}})
    fields = row(planned(frame), CONTACT_KEY)["fields"]
    assert fields == [*PAYLOADS[BUYER], "job_title"]


# G5
def test_an_unchanged_rerun_plans_no_write() -> None:
    for batch in ("mar", "apr"):
        plan = planned(known=identities(), there=snapshot(), batch=batch)
        assert set(plan["operation"]) == {"skip"}
        assert plan["freshsales_id"].null_count() == 0


# G5
@given(st.sampled_from(list(PAYLOADS)), st.dictionaries(
    st.sampled_from(["city", "first_name", "owner_id", "amount", "cf_kartra_id"]),
    st.one_of(st.none(), st.sampled_from(["1", "x", ""])), max_size=3))  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_an_unchanged_source_plans_no_write_whatever_people_edited(
    key: Key, edits: Record
) -> None:
    plan = planned(known=identities(), there=snapshot({key: edits}))
    assert not plan["operation"].is_in(WRITES).any()


# G5
def test_equal_hashes_skip_without_looking_at_what_was_written() -> None:
    frame = intended()
    hashes = {key: payload_hash(text) for key, text in
              frame.select("source_key", "payload").iter_rows()}  # fmt: skip
    other: dict[Key, Record] = {BAKERY: {"name": "X"}, BUYER: {"city": "Rome"}}
    known = identities(other).with_columns(
        pl.col("source_key").replace(hashes).alias("payload_hash")
    )
    assert set(planned(frame, known, snapshot(other))["operation"]) == {"skip"}
    moved = known.with_columns(  # the account was created again, under another id
        pl.when(pl.col("module") == "sales_accounts").then(pl.lit(999, pl.Int64))
        .otherwise("freshsales_id").alias("freshsales_id")
    )  # fmt: skip
    there = snapshot(other).with_columns(
        pl.col("freshsales_id").replace(101, 999).alias("freshsales_id")
    )
    relinked = row(planned(frame, moved, there), CONTACT_KEY)
    assert relinked["fields"] == ["city", "sales_account"]


# G5
def test_a_changed_source_sends_only_what_changed() -> None:
    frame = intended(
        {BUYER: {"city": "Rome", "first_name": None, "tags": ["alpha", "new"]}}
    )
    there = snapshot({BUYER: {"tags": ["alpha", "beta", "hand-made"]}})
    update = row(planned(frame, identities(), there), CONTACT_KEY)
    assert update["operation"] == "update"
    assert update["fields"] == ["city", "tags"]
    assert update["freshsales_id"] == CONTACT
    payload = json.loads(str(update["payload"]))
    assert payload["city"] == "Rome"
    assert payload["tags"] == ["alpha", "beta", "hand-made", "new"]


# G5
def test_a_contested_field_leaves_the_others_to_go() -> None:
    frame = intended({BUYER: {"city": "Rome", "first_name": "Bea"}})
    there = snapshot({BUYER: {"city": "Bergen"}})
    plan, conflicts = make_plan(frame, identities(), there, batch="mar")
    assert row(plan, CONTACT_KEY)["fields"] == ["first_name"]
    assert conflicts.rows(named=True) == [
        {
            "module": "contacts",
            "source_key": CONTACT_KEY,
            "field": "city",
            "source": "Rome",
            "written": "Oslo",
            "destination": "Bergen",
            "resolution": "destination_wins",
        }
    ]
    alone = intended({BUYER: {"city": "Rome"}})
    assert operations(planned(alone, identities(), there))[CONTACT_KEY] == "conflict"


# G5
def test_a_record_that_people_made_is_adopted_and_only_filled() -> None:
    there = snapshot({BUYER: {"city": None, "first_name": "Hand", "tags": ["vip"]}})
    plan, conflicts = make_plan(intended(), NOBODY, there, batch="mar")
    assert operations(plan) == {ACCOUNT_KEY: "skip", CONTACT_KEY: "update"}
    buyer = row(plan, CONTACT_KEY)
    assert buyer["fields"] == ["city", "tags"]
    assert (buyer["freshsales_id"], buyer["reason"]) == (CONTACT, "adopted")
    assert conflicts.select("field", "resolution").rows() == [("first_name", "kept")]
    unlinked = snapshot({BUYER: {"sales_account_ids": []}})
    assert row(planned(there=unlinked), CONTACT_KEY)["fields"] == ["sales_account"]


# G5
def test_a_deal_is_recognised_by_its_exact_name_and_the_oldest_wins() -> None:
    twin = snapshot().with_columns(pl.col("freshsales_id") + 1000)
    plan = planned(there=pl.concat([twin, snapshot()]))
    assert row(plan, DEAL_KEY)["freshsales_id"] == 301
    renamed = snapshot().with_columns(
        pl.col("natural_key").str.replace("Course – Kartra 1", "course – kartra 1")
    )
    assert operations(planned(there=renamed))[DEAL_KEY] == "create"


# G5
def test_what_people_deleted_is_not_created_again_and_holds_back_new_children() -> None:
    gone = snapshot(without=[CONTACT_KEY, DEAL_KEY])
    plan, conflicts = make_plan(
        intended({("deals", "txn:2"): {"name": "Second", "contact": CONTACT_KEY}}),
        identities(),
        gone,
        batch="apr",
    )
    assert operations(plan) == {
        ACCOUNT_KEY: "skip",
        CONTACT_KEY: "conflict",
        DEAL_KEY: "conflict",
        "txn:2": "refuse",
    }
    assert reasons(plan)[CONTACT_KEY] == "deleted_at_destination"
    assert reasons(plan)["txn:2"] == "parent_deleted"
    assert set(conflicts["resolution"]) == {"deleted_at_destination"}


# G5
def test_a_record_loaded_after_the_snapshot_is_not_taken_for_deleted() -> None:
    stale = snapshot(without=[CONTACT_KEY, DEAL_KEY])
    nothing_missing = pl.DataFrame(schema=MISSING)
    for there in (stale, NOTHING):
        plan = planned(known=identities(), there=there, missing=nothing_missing)
        assert operations(plan)[CONTACT_KEY] == "skip"
        changed = intended({BUYER: {"city": "Rome"}})
        later = planned(changed, identities(), there, missing=nothing_missing)
        buyer = row(later, CONTACT_KEY)
        assert (buyer["operation"], buyer["fields"]) == ("update", ["city"])


# S3
def test_what_was_rolled_back_is_created_again_and_children_are_linked_anew() -> None:
    known = identities(states={ACCOUNT_KEY: "rolled_back"})
    plan = planned(known=known, there=snapshot(without=[ACCOUNT_KEY]))
    assert operations(plan)[ACCOUNT_KEY] == "create"
    assert row(plan, CONTACT_KEY)["fields"] == ["sales_account"]
    assert row(plan, DEAL_KEY)["fields"] == ["sales_account"]


# S9
def test_a_lead_that_became_a_contact_is_still_the_same_record() -> None:
    known = identities().with_columns(pl.col("module").replace({"contacts": "leads"}))
    frame = intended({BUYER: {"lifecycle_stage_id": 3}})
    there = snapshot({BUYER: {"lifecycle_stage_id": None}})
    buyer = row(planned(frame, known, there), CONTACT_KEY)
    assert (buyer["freshsales_id"], buyer["fields"]) == (CONTACT, ["lifecycle_stage_id"])
    assert buyer["reason"] is None
    as_contact = identities(without=[ACCOUNT_KEY, DEAL_KEY]).with_columns(
        pl.lit('{"lifecycle_stage_id": 3}').alias("written")
    )
    later = pl.concat([known, as_contact])
    moved = intended({BUYER: {"lifecycle_stage_id": 3, "city": "Rome"}})
    again = row(
        planned(moved, later, snapshot({BUYER: {"lifecycle_stage_id": 3}})), CONTACT_KEY
    )
    assert again["fields"] == ["city"]


def test_a_record_that_belongs_to_another_source_record_is_not_taken_over() -> None:
    other: Key = ("contacts", "new@example.com")
    frame = intended({other: {"email": "new@example.com", "first_name": "New"}})
    there = snapshot().with_columns(
        pl.col("natural_key").str.replace(CONTACT_KEY, "new@example.com", literal=True)
    )
    plan = planned(frame, identities(), there)
    assert operations(plan)["new@example.com"] == "refuse"
    assert reasons(plan)["new@example.com"] == "record_of_another"


# S100
def test_a_refused_account_holds_back_its_contact_and_the_contacts_deals() -> None:
    frame = intended(problems={ACCOUNT_KEY: "owner_unmatched"})
    assert operations(planned(frame, batch="mar")) == {
        ACCOUNT_KEY: "refuse",
        CONTACT_KEY: "refuse",
    }
    plan = planned(frame)
    assert operations(plan) == {DEAL_KEY: "refuse"}
    assert reasons(plan) == {DEAL_KEY: "parent_refused"}
    assert plan["remedy"].null_count() == 0


# S100
def test_a_parent_that_stands_there_already_holds_its_children() -> None:
    frame = intended(problems={CONTACT_KEY: "owner_unmatched"})
    plan = planned(frame, identities(without=[DEAL_KEY]), snapshot(without=[DEAL_KEY]))
    assert operations(plan)[DEAL_KEY] == "create"


# S18
def test_a_parent_in_no_export_is_missed_unless_it_stands_there() -> None:
    frame = intended(without=[CONTACT_KEY])
    assert reasons(planned(frame))[DEAL_KEY] == "parent_missing"
    known = identities(without=[DEAL_KEY])
    plan = planned(frame, known, snapshot(without=[DEAL_KEY]))
    assert operations(plan)[DEAL_KEY] == "create"


# G17
def test_a_predicted_refusal_is_in_the_plan_with_its_remedy() -> None:
    deal = row(planned(refusals=refused("deals", DEAL_KEY, "too_long")), DEAL_KEY)
    assert (deal["operation"], deal["reason"]) == ("refuse", "too_long")
    assert deal["remedy"] == "Correct it."
    assert deal["fields"] == []


# G17
def test_what_stands_there_already_lacks_nothing() -> None:
    missing = refused("deals", DEAL_KEY, "required_missing")
    plan = planned(known=identities(), there=snapshot(), refusals=missing)
    assert operations(plan)[DEAL_KEY] == "skip"
    assert operations(planned(refusals=missing))[DEAL_KEY] == "refuse"


# S48
def test_lists_lose_the_members_that_cannot_go() -> None:
    lists: Key = ("lists", "Customers")
    members: Record = {"name": "Customers", "members": [CONTACT_KEY, "b@example.com"]}
    frame = intended(
        {lists: members, ("contacts", "b@example.com"): {"email": "b@example.com"}},
        problems={CONTACT_KEY: "owner_unmatched"},
    )
    payload = json.loads(str(row(planned(frame), "Customers")["payload"]))
    assert payload["members"] == ["b@example.com"]


def test_notes_are_compared_with_what_was_written() -> None:
    note: Key = ("notes", f"note:{CONTACT_KEY}")
    frame = intended({note: {"description": "Likes rye", "contact": CONTACT_KEY}})
    assert operations(planned(frame))[note[1]] == "create"
    known = pl.concat(
        [
            identities(),
            identities().head(1).with_columns(
                pl.lit("notes").alias("module"),
                pl.lit(note[1]).alias("source_key"),
                pl.lit(json.dumps({"description": "Likes rye", "contact": CONTACT}))
                .alias("written"),
            ),
        ]
    )  # fmt: skip
    assert operations(planned(frame, known, snapshot()))[note[1]] == "skip"


def test_an_empty_batch_has_an_empty_plan() -> None:
    plan, conflicts = make_plan(intended(), NOBODY, NOTHING, batch="nothing")
    assert plan.is_empty()
    assert conflicts.is_empty()
    assert plan.schema == pl.Schema(SCHEMA)
