"""What a person approves is exactly what is digested (G15)."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.planning.digest import plan_digest
from kartra_freshsales.planning.plan import make_plan
from kartra_freshsales_tests.planning.scenario import NOBODY, NOTHING, intended

PLAN = make_plan(intended(), NOBODY, NOTHING, batch="apr")[0]


def digest(plan: pl.DataFrame, mapping: str = "m", metadata: str = "s") -> str:
    return plan_digest(plan, mapping_digest=mapping, metadata_digest=metadata)


# G15
@given(st.permutations(range(PLAN.height)))
@settings(max_examples=6, deadline=None)
def test_the_order_of_rows_and_sources_means_nothing(order: list[int]) -> None:
    twice = PLAN.with_columns(pl.lit(["a", "b"], dtype=pl.List(pl.String)).alias("sources"))
    reversed_ = twice.with_columns(pl.col("sources").list.reverse())
    assert digest(reversed_[order]) == digest(twice)
    assert digest(PLAN[order].select(sorted(PLAN.columns))) == digest(PLAN)


# G15
@pytest.mark.parametrize(
    "change",
    [
        pl.lit("update").alias("operation"),
        pl.lit("parent").alias("role"),
        pl.lit("other").alias("batch"),
        pl.lit(5).cast(pl.Int64).alias("freshsales_id"),
        pl.lit("because").alias("reason"),
        pl.lit("").alias("reason"),
        pl.col("payload").str.replace("12.50", "12.51"),
        pl.col("fields").list.head(1),
        pl.concat_list(pl.lit("x"), "sources").alias("sources"),
    ],
)
def test_any_change_of_what_would_be_sent_changes_it(change: pl.Expr) -> None:
    assert digest(PLAN.with_columns(change)) != digest(PLAN)


# G15
def test_decisions_settings_and_rows_all_count() -> None:
    texts = {
        digest(PLAN),
        digest(PLAN, mapping="n"),
        digest(PLAN, metadata="n"),
        digest(PLAN, mapping="ms", metadata=""),
        digest(PLAN.head(1)),
        digest(PLAN.head(0)),
        digest(pl.concat([PLAN, PLAN.head(1)])),
    }
    assert len(texts) == 7


# G15
def test_columns_cannot_borrow_from_each_other() -> None:
    one = PLAN.with_columns(reason=pl.lit("ab"), remedy=pl.lit("c"))
    other = PLAN.with_columns(reason=pl.lit("a"), remedy=pl.lit("bc"))
    assert digest(one) != digest(other)
