"""Facts about polars that frames, payloads and digests lean on."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest


def encoded(**values: pl.Series) -> dict[str, object]:
    frame = pl.DataFrame(list(values.values()), schema=list(values))
    loaded: dict[str, object] = json.loads(
        frame.select(pl.struct(pl.all()).struct.json_encode()).item()
    )
    return loaded


# Payloads are JSON of a struct: null keeps its key and means "absent" (contract of frames).
def test_json_of_a_struct_keeps_null_keys() -> None:
    assert encoded(a=pl.Series([None], dtype=pl.String), b=pl.Series(["x"])) == {
        "a": None,
        "b": "x",
    }


# The reason why money is cast to text before a payload is built. S35
def test_json_of_a_decimal_is_not_safe_to_rely_on_but_its_text_is() -> None:
    money = pl.Series(["12.50"]).cast(pl.Decimal(18, 2))
    assert money.cast(pl.String).item() == "12.50"
    assert encoded(amount=money.cast(pl.String)) == {"amount": "12.50"}


def test_decimals_add_up_exactly_where_floats_do_not() -> None:
    cents = pl.Series(["0.10"] * 3).cast(pl.Decimal(18, 2))
    assert cents.sum() == Decimal("0.30")
    assert cents.cast(pl.Float64).sum() != 0.3


def test_a_decimal_sum_keeps_its_scale_in_parquet(tmp_path: Path) -> None:
    frame = pl.DataFrame({"amount": pl.Series(["1.5"]).cast(pl.Decimal(18, 2))})
    frame.write_parquet(tmp_path / "f.parquet")
    back = pl.read_parquet(tmp_path / "f.parquet")
    assert back.schema["amount"] == pl.Decimal(18, 2)
    assert back["amount"].cast(pl.String).item() == "1.50"


# Batches differ in their columns, and a column may be empty in one of them. S74
def test_diagonal_relaxed_unites_columns_and_widens_null_and_number_types() -> None:
    one = pl.DataFrame({"a": ["x"], "n": pl.Series([1], dtype=pl.Int32)})
    two = pl.DataFrame({"a": pl.Series([None], dtype=pl.Null), "n": [2.5], "b": ["y"]})
    united = pl.concat([one, two], how="diagonal_relaxed")
    assert united.schema == {"a": pl.String, "n": pl.Float64, "b": pl.String}
    assert united.rows() == [("x", 1.0, None), (None, 2.5, "y")]
    with pytest.raises(pl.exceptions.SchemaError):
        pl.concat([one, two], how="diagonal")


def test_diagonal_relaxed_keeps_money_and_moments() -> None:
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    typed = pl.DataFrame(
        {"amount": pl.Series(["1.50"]).cast(pl.Decimal(18, 2)), "at": [moment]},
        schema_overrides={"at": pl.Datetime("us", "UTC")},
    )
    bare = pl.DataFrame({"amount": [None], "at": [None]})
    united = pl.concat([typed, bare], how="diagonal_relaxed")
    assert united.schema == typed.schema


def test_parquet_of_an_empty_frame_keeps_its_columns_and_types(tmp_path: Path) -> None:
    schema: dict[str, pl.DataType] = {
        "tags": pl.List(pl.String),
        "at": pl.Datetime("us", "UTC"),
        "n": pl.Int64(),
    }
    pl.DataFrame(schema=schema).write_parquet(tmp_path / "f.parquet")
    assert pl.read_parquet(tmp_path / "f.parquet").schema == schema


def test_a_left_join_needs_to_be_told_to_keep_the_order() -> None:
    left = pl.DataFrame({"k": [3, 1, 2] * 50}).with_row_index("at")
    right = pl.DataFrame({"k": [1, 2, 3], "v": ["a", "b", "c"]})
    joined = left.join(right, on="k", how="left", maintain_order="left")
    assert joined["at"].to_list() == list(range(150))


def test_null_keys_do_not_join_unless_asked() -> None:
    left, right = pl.DataFrame({"k": [None, "a"]}), pl.DataFrame({"k": [None, "a"]})
    assert left.join(right, on="k").height == 1
    assert left.join(right, on="k", nulls_equal=True).height == 2


def test_a_python_function_is_called_once_per_distinct_value_only_if_we_say_so() -> None:
    calls: list[str] = []

    def heard(value: str) -> str:
        calls.append(value)
        return value.upper()

    values = pl.Series(["a", "b", "a", "a"])
    distinct = values.unique(maintain_order=True)
    table = dict(zip(distinct, distinct.map_elements(heard, pl.String), strict=True))
    assert values.replace_strict(table).to_list() == ["A", "B", "A", "A"]
    assert calls == ["a", "b"]
