"""Facts about pandera's polars backend that schema checks lean on."""

import pandera.polars as pa
import polars as pl
import pytest
from pandera.errors import SchemaErrors

from kartra_freshsales_tests.dagster.frames import EMAIL


class People(pa.DataFrameModel):
    email: str
    consent: str = pa.Field(isin=["subscribed"])
    tags: pl.List(pl.String) = pa.Field(nullable=True)  # type: ignore[valid-type]


BAD = pl.DataFrame(
    {"email": [EMAIL, None], "consent": ["subscribed", "maybe"], "tags": [[], []]},
    schema_overrides={"tags": pl.List(pl.String)},
)


def failures(frame: pl.DataFrame) -> pl.DataFrame:
    with pytest.raises(SchemaErrors) as caught:
        People.validate(frame, lazy=True)
    cases = caught.value.failure_cases
    assert isinstance(cases, pl.DataFrame)
    return cases


# The reason why schema checks are given a collected frame. S2
def test_a_lazy_frame_with_bad_rows_passes() -> None:
    assert People.validate(BAD.lazy(), lazy=True).collect().height == 2
    assert failures(BAD).height == 2


# The reason why this column never reaches metadata. G18
def test_failure_cases_hold_the_values_that_failed() -> None:
    assert failures(BAD)["failure_case"].to_list() == [None, "maybe"]


def test_failure_cases_name_column_rule_and_row() -> None:
    cases = failures(BAD).select("column", "check", "index").rows()
    assert cases == [("email", "not_nullable", 1), ("consent", "isin(['subscribed'])", 1)]


def test_a_missing_column_is_named_where_values_stand_otherwise() -> None:
    cases = failures(BAD.drop("email").head(1))
    assert cases.select("check", "failure_case").row(0) == ("column_in_dataframe", "email")


def test_types_with_parameters_are_told_apart() -> None:
    schema = pa.DataFrameSchema({"amount": pa.Column(pl.Decimal(18, 2))})
    good = pl.DataFrame({"amount": ["1.50"]}).cast(pl.Decimal(18, 2))
    assert schema.validate(good, lazy=True).height == 1
    for other in (pl.Decimal(18, 3), pl.Float64()):
        with pytest.raises(SchemaErrors):
            schema.validate(good.cast(other), lazy=True)
    moments = pa.DataFrameSchema({"at": pa.Column(pl.Datetime("us", "UTC"), nullable=True)})
    with pytest.raises(SchemaErrors):
        moments.validate(
            pl.DataFrame({"at": [None]}, schema={"at": pl.Datetime("us")}), lazy=True
        )


def test_a_schema_that_is_not_strict_lets_custom_columns_stand() -> None:
    frame = BAD.head(1).with_columns(pl.lit("44").alias("custom:Shoe size"))
    assert People.validate(frame, lazy=True).width == 4


def test_allowed_words_in_a_tuple_are_taken_apart_if_it_is_only_one() -> None:
    class Listed(pa.DataFrameModel):
        word: str = pa.Field(isin=["deal"])

    class Paired(pa.DataFrameModel):
        word: str = pa.Field(isin=("deal", "annotate"))

    class Alone(pa.DataFrameModel):
        word: str = pa.Field(isin=("deal",))

    frame = pl.DataFrame({"word": ["deal"]})
    for right in (Listed, Paired):
        assert right.validate(frame, lazy=True).height == 1
    with pytest.raises(SchemaErrors):
        Alone.validate(frame, lazy=True)
