"""Records that people had made are compared in full, sent or not (S16, G3)."""

import json

import polars as pl

from kartra_freshsales.reconcile.adopted import compare_unsent
from kartra_freshsales.reconcile.certificate import certificate
from kartra_freshsales.reconcile.links import orphans
from kartra_freshsales.reconcile.sums import sums
from kartra_freshsales_tests.reconcile import scenario as s

KEY = "person.1@example.com"
MEANT: s.Record = {
    "email": KEY,
    "first_name": "Person 1",
    "city": "Springfield",
    "tags": ["Customer"],
    "sales_account": "north bakery",
    "lead_source_id": 7,
    "job_title": "",
}
STANDING: s.Record = {
    "email": KEY.upper(),
    "first_name": "Person One",
    "city": "Springfield",
    "tags": ["Regular", "customer"],
    "sales_account_ids": [s.ACCOUNT],
}
IDENTITIES = pl.DataFrame(
    [
        ("contacts", KEY, 5, "adopted"),
        ("sales_accounts", "north bakery", s.ACCOUNT, "created"),
    ],
    schema=["module", "source_key", "freshsales_id", "origin"],
    orient="row",
)


def compared(
    standing: s.Record = STANDING, *, outcome: str = "skipped",
    written: s.Record | None = None, origin: str = "adopted",
) -> dict[str, str]:  # fmt: skip
    """Field → cause, of what was meant for the one contact and never sent."""
    return dict(frame(standing, outcome, written, origin).select("field", "cause").rows())


def frame(
    standing: s.Record, outcome: str, written: s.Record | None, origin: str
) -> pl.DataFrame:
    results = pl.DataFrame(
        {
            "module": ["contacts"], "source_key": [KEY], "outcome": [outcome],
            "freshsales_id": [5], "written": [written and json.dumps(written)],
            "seen": [json.dumps(standing) if outcome == "updated" else None],
            "sources": [["jan/contacts.csv:2"]],
        },
        schema_overrides={"written": pl.String, "seen": pl.String},
    )  # fmt: skip
    plan = pl.DataFrame(
        {"module": ["contacts"], "source_key": [KEY], "payload": [json.dumps(MEANT)]}
    )
    snapshot = pl.DataFrame({"freshsales_id": [5], "record": [json.dumps(standing)]})
    identities = IDENTITIES.with_columns(
        pl.when(pl.col("source_key") == KEY).then(pl.lit(origin)).otherwise("origin")
        .alias("origin")
    )  # fmt: skip
    return compare_unsent(results, plan, snapshot, identities)


def test_a_record_with_nothing_to_send_is_compared_field_by_field() -> None:
    assert compared() == {
        "email": "normalised",
        "first_name": "kept",
        "city": "equal",
        "tags": "equal",  # people's own beside ours are no difference
        "sales_account": "equal",
    }


def test_fields_that_were_sent_are_not_compared_twice() -> None:
    found = compared(outcome="updated", written={"email": KEY, "city": "Springfield"})
    assert set(found) == {"first_name", "tags", "sales_account"}


def test_a_blank_that_was_not_filled_is_a_fault() -> None:
    assert compared({**STANDING, "city": None})["city"] == "field_missing"


def test_a_record_of_our_own_is_left_to_the_comparison_of_what_was_sent() -> None:
    assert compared(origin="created") == {}


# S8: theirs are counted apart, and never as ours
def test_the_certificate_counts_what_people_kept_apart() -> None:
    found = frame(STANDING, "skipped", None, "adopted")
    given = certificate(
        found,
        sums(s.deals().clear(), s.seen().clear()),
        orphans(s.sent({}), s.seen().clear()),
        pl.DataFrame(schema={"failed": pl.Int64, "loaded": pl.Int64}),
    )
    told = {measure.name: measure.measured for measure in given.measured}
    assert given.passed
    assert told["fields equal"] == "100 % (4 of 4)"
    assert told["fields left as people had them"] == "1"
