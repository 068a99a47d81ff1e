"""The rules of sparing, over all inputs: nothing of ours stays, nothing of theirs goes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.ledger.records import Json
from kartra_freshsales.loading.rollback_judge import (
    EDITED,
    edited_fields,
    judge_delete,
    judge_restore,
)
from kartra_freshsales.loading.rollback_model import RecordUndo

tags = st.lists(st.sampled_from("abcdef"), unique=True, max_size=5)
texts = st.sampled_from([None, "x", "y", "z"])


def undo(before: Json, seen: Json, *, created: bool = False) -> RecordUndo:
    """A contact that a load has written."""
    return RecordUndo(
        module="contacts",
        source_key="ann@example.com",
        freshsales_id=1,
        endpoint="contacts",
        batch="spring",
        created=created,
        seen=seen,
        written={},
        fields=before,
        later=frozenset(),
        foreign=False,
        undoes=(1,),
    )


# G2
@given(before=tags, ours=tags, theirs=tags)
@settings(max_examples=200)
def test_of_tags_exactly_our_additions_go_and_our_removals_return(
    before: list[str], ours: list[str], theirs: list[str]
) -> None:
    judged = judge_restore(undo({"tags": before}, {"tags": ours}), {"tags": theirs})
    left = judged.restore.get("tags", theirs)
    assert isinstance(left, list)
    added, removed = set(ours) - set(before), set(before) - set(ours)
    assert set(left) == (set(theirs) - added) | removed
    assert len(left) == len(set(left))
    if set(theirs) == set(ours):
        assert set(left) == set(before)
    assert not judged.kept


# G2
@given(before=texts, ours=texts, now=texts)
def test_a_field_is_restored_only_while_it_is_as_we_left_it(
    before: str | None, ours: str | None, now: str | None
) -> None:
    judged = judge_restore(undo({"city": before}, {"city": ours}), {"city": now})
    if now == before:
        assert (judged.restore, judged.kept) == ({}, {})
    elif now == ours:
        assert judged.restore == {"city": before}
    else:
        assert (judged.restore, judged.kept) == ({}, {"city": EDITED})


# G2
@given(
    seen=st.dictionaries(st.sampled_from(["city", "job_title", "cf_a"]), texts),
    now=st.dictionaries(st.sampled_from(["city", "job_title", "cf_a", "cf_b"]), texts),
)
def test_a_record_of_ours_goes_only_while_every_field_is_as_we_left_it(
    seen: Json, now: Json
) -> None:
    record = undo({}, {"last_name": "Ann", "updated_at": "1"} | seen, created=True)
    standing = {"last_name": "Ann", "updated_at": "2"} | seen | now
    theirs = {
        key
        for key, value in standing.items()
        if key != "updated_at" and value != record.seen.get(key)
    }
    changed = edited_fields(record, standing, lambda *_: False)
    assert set(changed) == {k for k in theirs if k in record.seen or k.startswith("cf_")}
    judged = judge_delete(
        record, standing, gone=lambda *_: False, children=(), ours=frozenset()
    )
    assert judged.reason == (EDITED if changed else None)


# G2
def test_the_first_linked_account_is_the_first_again() -> None:
    before: Json = {"sales_account_ids": [5, 6]}
    ours: Json = {"sales_account_ids": [7]}
    assert judge_restore(undo(before, ours), ours).restore == before
    swapped: Json = {"sales_account_ids": [6, 5]}
    assert judge_restore(undo(before, swapped), swapped).restore == before
