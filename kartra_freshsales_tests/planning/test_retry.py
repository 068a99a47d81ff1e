"""Sending again only what failed for one reason (G13)."""

import polars as pl

from kartra_freshsales.planning.plan import make_plan
from kartra_freshsales.planning.retry import HELD_BACK, of_class, retried
from kartra_freshsales_tests.planning.scenario import (
    ACCOUNT_KEY,
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

OTHER: dict[Key, Record] = {
    ("contacts", "b@example.com"): {"email": "b@example.com", "last_name": "B"}
}


def results(*rows: tuple[str, str, str, str | None]) -> pl.DataFrame:
    columns = ("module", "source_key", "outcome", "reason")
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")


def operations(plan: pl.DataFrame) -> dict[str, str]:
    return dict(plan.select("source_key", "operation").iter_rows())


# G13: the class alone counts, not the field it met
def test_a_class_of_reasons_names_what_did_not_arrive_for_it() -> None:
    ended = results(
        ("contacts", "a", "failed", "required:city"),
        ("contacts", "b", "refused", "required"),
        ("contacts", "c", "failed", "too_long:city"),
        ("contacts", "d", "created", "required"),
        ("contacts", "e", "skipped", None),
    )
    assert of_class(ended, "required")["source_key"].to_list() == ["a", "b"]
    assert of_class(ended, "nothing").is_empty()


# G13, S18: children of what is retried go along; all other writes are held back and told
def test_a_retry_sends_the_chosen_records_and_what_hangs_on_them() -> None:
    plan = make_plan(intended(OTHER), NOBODY, NOTHING, batch="apr")[0]
    chosen = pl.DataFrame({"module": ["contacts"], "source_key": [CONTACT_KEY]})
    kept = retried(plan, chosen)
    assert operations(kept) == {
        ACCOUNT_KEY: "refuse",
        CONTACT_KEY: "create",
        "b@example.com": "refuse",
        DEAL_KEY: "create",
    }
    held = kept.filter(operation="refuse")
    assert set(held["reason"]) == {HELD_BACK}
    assert held["remedy"].null_count() == 0
    standing = make_plan(intended(OTHER), identities(), snapshot(), batch="apr")[0]
    assert operations(retried(standing, chosen))[ACCOUNT_KEY] == "skip"
