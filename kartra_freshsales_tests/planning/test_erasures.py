"""A record loaded again after a rollback: what is erased is said, priced and approved."""

import polars as pl

from kartra_freshsales.planning.cost import cost
from kartra_freshsales.planning.digest import plan_digest
from kartra_freshsales.planning.no_way_back import BIN, WORKFLOWS, cannot_be_undone
from kartra_freshsales.planning.plan import ERASES, make_plan
from kartra_freshsales_tests.planning.scenario import (
    ACCOUNT_KEY,
    CONTACT_KEY,
    DEAL_KEY,
    NOBODY,
    NOTHING,
    identities,
    intended,
)

BACK = {ACCOUNT_KEY: "rolled_back", CONTACT_KEY: "rolled_back", DEAL_KEY: "rolled_back"}


def planned(known: pl.DataFrame) -> pl.DataFrame:
    return make_plan(intended(), known, NOTHING, batch="apr")[0]


def digest(plan: pl.DataFrame) -> str:
    return plan_digest(plan, mapping_digest="m", metadata_digest="s")


# S17, G2, G15
def test_a_create_says_that_its_earlier_version_is_erased() -> None:
    again = planned(identities(states=BACK))
    announced = again.filter(pl.col("reason") == ERASES)
    assert set(announced["operation"]) == {"create"}
    assert set(announced["source_key"]) == {ACCOUNT_KEY, CONTACT_KEY}
    assert all(announced["remedy"])
    assert digest(again) != digest(planned(NOBODY))


# G2: what people had made is not ours to erase, and a deal's name is nobody's alone
def test_only_records_we_created_under_a_unique_key_are_erased() -> None:
    adopted = identities(states=BACK).with_columns(origin=pl.lit("adopted"))
    assert ERASES not in planned(adopted)["reason"].to_list()
    assert ERASES not in planned(NOBODY)["reason"].to_list()


# G2: said before a person approves, not only when it is too late
def test_a_plan_says_what_no_rollback_takes_back() -> None:
    first, again = (
        cannot_be_undone(planned(known)) for known in (NOBODY, identities(states=BACK))
    )
    assert {BIN, WORKFLOWS} <= set(first)
    assert any("2 record(s)" in sentence for sentence in set(again) - set(first))
    nothing = make_plan(intended(), NOBODY, NOTHING, batch="none")[0]
    assert cannot_be_undone(nothing) == []


# G6
def test_each_erasure_is_a_request_of_its_own() -> None:
    before = cost(planned(NOBODY), requests_per_hour=0, reserve=0.2)
    after = cost(planned(identities(states=BACK)), requests_per_hour=0, reserve=0.2)
    assert after.requests["recycle bin"]["write"] == 2
    assert after.total == before.total + 2 + after.requests["recycle bin"]["read"]
