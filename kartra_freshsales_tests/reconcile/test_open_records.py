"""Records the certificate may not pass over: never sent, sent otherwise, or gone since."""

from collections.abc import Mapping

import polars as pl

from kartra_freshsales.reconcile import open_records as o
from kartra_freshsales.reconcile.certificate import certificate
from kartra_freshsales.reconcile.compare import compare_records
from kartra_freshsales.reconcile.conservation import carried_by_deals, terminal_states
from kartra_freshsales.reconcile.reckoning import one_result_each, sent_and_seen
from kartra_freshsales_tests.reconcile import scenario as s

KEY = {"module": "notes", "source_key": "note:ada@example.com", "batch": "jan"}
RESULT: dict[str, object] = {
    **KEY,
    "role": "own",
    "outcome": "created",
    "reason": None,
    "freshsales_id": 7,
    "written": '{"description": "text"}',
    "seen": '{"description": "text"}',
    "sources": ["jan/contacts.csv:2"],
    "planned_in": "run-1",
}
PLAN = {**KEY, "operation": "create", "planned_in": "run-1"}
_TEXT = dict.fromkeys(("reason", "written", "seen", "planned_in"), pl.String)


def results(*changes: Mapping[str, object]) -> pl.DataFrame:
    """Load results: the note's, each time with something laid over it."""
    rows = [RESULT | dict(change) for change in changes]
    return pl.DataFrame(rows, schema_overrides=_TEXT)


def why(
    found: pl.DataFrame,
    *,
    plan: Mapping[str, object] = PLAN,
    compared: bool = True,
) -> list[str]:
    """What ``open_records`` says of the note."""
    intended = pl.DataFrame([KEY])
    comparison = pl.DataFrame([KEY]) if compared else pl.DataFrame([KEY]).clear()
    table = o.open_records(intended, pl.DataFrame([plan]), found, comparison)
    return table["why"].to_list()


# S8, G4: accounts, notes and lists have no source row that would miss them
def test_a_record_that_was_never_loaded_failed_or_was_not_read_back_stays_open() -> None:
    assert why(results({})) == []
    assert why(results({}).clear()) == ["never_loaded"]
    assert why(results({"outcome": "failed"})) == ["failed"]
    assert why(results({"outcome": "conflict", "reason": "changed_since_plan"})) == [
        "failed"
    ]
    assert why(results({"outcome": "conflict", "reason": "changed_by_people"})) == []
    assert why(results({}), compared=False) == ["not_compared"]


# S8, G5: people had made it, and it lacked nothing
def test_an_adopted_record_is_open_until_it_was_compared() -> None:
    adopted = {"outcome": "skipped", "reason": "adopted", "written": "{}", "seen": "{}"}
    assert why(results(adopted)) == []
    assert why(results(adopted), compared=False) == ["not_compared"]


# S8, G15: results of an earlier plan do not vouch for what a newer one wants to send
def test_a_plan_made_after_the_load_keeps_its_records_open_until_it_is_loaded() -> None:
    newer = PLAN | {"operation": "update", "planned_in": "run-2"}
    assert why(results({}), plan=newer) == ["planned_since"]
    assert why(results({"planned_in": "run-2"}), plan=newer) == []
    assert why(results({}), plan=newer | {"operation": "skip"}) == []


# S3, S8: what was taken back, or stands in another account, has not arrived
def test_a_result_without_a_standing_record_in_the_ledger_is_a_failure() -> None:
    ledger = pl.DataFrame([{**KEY, "state": "rolled_back"}])
    stands = o.as_they_stand(results({}), ledger.with_columns(state=pl.lit("live")))
    assert stands["outcome"].to_list() == ["created"]
    for known in (ledger, ledger.clear()):
        gone = o.as_they_stand(results({}), known)
        assert gone.select("outcome", "reason").rows() == [("failed", o.NOT_STANDING)]
        assert why(gone) == [o.NOT_STANDING]


# S8
def test_open_records_fail_the_certificate_and_are_told_by_module() -> None:
    table = o.open_records(
        pl.DataFrame([KEY]),
        pl.DataFrame([PLAN]),
        results({}).clear(),
        pl.DataFrame([KEY]).clear(),
    )
    nothing = pl.DataFrame()
    compared = compare_records(s.sent(), s.seen())
    given = certificate(compared, nothing, s.sent().clear(), nothing, still_open=table)
    assert not given.passed
    assert "1 notes were never loaded." in given.reasons


# G4: nothing hides behind what another batch, or an earlier load, reported of a record
def test_a_failure_of_the_batch_that_owns_a_record_counts() -> None:
    earlier = {"role": "parent", "outcome": "created"}
    for outcome in ("failed", "refused", "conflict"):
        for rows in ([earlier, {"outcome": outcome}], [{"outcome": outcome}, earlier]):
            each = one_result_each(results(*rows))
            assert each["outcome"].to_list() == [outcome]
    skipped = one_result_each(results(earlier, {"outcome": "skipped"}))
    assert skipped.select("outcome", "role").rows() == [("created", "own")]


# S48, G4: a list is loaded by every batch that has members for it
def test_the_worst_that_batches_report_of_a_shared_list_counts() -> None:
    each = one_result_each(results({}, {"batch": "feb", "outcome": "failed"}))
    assert each["outcome"].to_list() == ["failed"]


# G3: a rerun on the snapshot of its first run must not call our own update an edit
def test_a_snapshot_older_than_the_last_look_does_not_speak_for_a_record() -> None:
    seen = '{"first_name": "Ada", "updated_at": "2026-03-01T10:00:00Z"}'
    skipped = results({"outcome": "skipped", "seen": seen})
    for at, name in (("2026-03-01T09:00:00Z", "Ada"), ("2026-03-01T11:00:00Z", "Eve")):
        snapshot = pl.DataFrame(
            {"freshsales_id": [7], "record": ['{"first_name": "Eve"}'], "updated_at": [at]}
        )
        _, read = sent_and_seen(skipped, snapshot)
        assert name in read["seen"].item()


# G5: people deleted it; what an earlier load saw of it proves nothing
def test_a_record_that_people_deleted_is_not_counted_as_read_back() -> None:
    gone = results({"outcome": "conflict", "reason": "deleted_at_destination"})
    sent, seen = sent_and_seen(gone)
    assert sent.is_empty()
    assert seen.is_empty()


# S36, G4: somebody made a record of the same name meanwhile; ours was not sent
def test_rows_of_a_record_that_was_not_sent_after_all_have_failed() -> None:
    rows = s.states([("contacts", 2, "loaded", "ada@example.com")])
    for reason in ("exists_at_destination", "changed_since_plan", "plan_outdated"):
        met = pl.DataFrame(
            [("contacts", "ada@example.com", "conflict", reason)],
            schema=["module", "source_key", "outcome", "reason"],
            orient="row",
        )
        ended = terminal_states(rows, met, complete=True)
        assert ended.select("state", "reason").rows() == [("failed", reason)]


# S37, S40, G4
def test_a_subscription_ends_where_its_note_or_the_deal_that_carries_it_ends() -> None:
    rows = s.states(
        [("subscriptions", 2, "loaded", "sub:1"), ("subscriptions", 3, "loaded", "sub:2")]
    )
    deals = pl.DataFrame({"deal_key": ["sub:1"], "record_key": ["txn:1"]})
    ended = terminal_states(
        carried_by_deals(rows, deals),
        pl.DataFrame(
            [("deals", "txn:1", "created", None), ("notes", "sub:2", "created", None)],
            schema={"module": pl.String, "source_key": pl.String, "outcome": pl.String,
                    "reason": pl.String},
            orient="row",
        ),
        complete=True,
    )  # fmt: skip
    assert ended["state"].to_list() == ["merged", "loaded"]
