import polars as pl

from kartra_freshsales.transforms.export_columns import custom_columns, export_columns


def raw(batch: str, file: str, **columns: list[str]) -> pl.DataFrame:
    """A raw frame of one file."""
    height = len(next(iter(columns.values())))
    return pl.DataFrame(
        {
            **columns,
            "_batch": [batch] * height,
            "_file": [file] * height,
            "_row": list(range(2, height + 2)),
            "_exported_at": pl.Series([None] * height, dtype=pl.Datetime("us", "UTC")),
        }
    )


JANUARY = raw("jan", "a.csv", email=["a@example.com", "b@example.com"], Topic=["SEO", " "])
FEBRUARY = raw("feb", "b.csv", email=["a@example.com"])
SALES = raw(
    "jan", "sales.csv", id=["1", "2"], amount=["10", "10"], _currency=["USD", "USD"]
)


def profile() -> pl.DataFrame:
    contacts = pl.concat([JANUARY, FEBRUARY], how="diagonal")
    return export_columns({"contacts": contacts, "transactions": SALES})


def test_every_column_of_every_export_is_listed_once() -> None:  # S1, S75
    listed = profile().select("kind", "column").rows()
    assert listed == [
        ("contacts", "email"),
        ("contacts", "Topic"),
        ("transactions", "id"),
        ("transactions", "amount"),
    ]


def test_fullness_is_counted_and_blanks_are_not_values() -> None:  # S75
    email, topic = profile().filter(kind="contacts").iter_rows(named=True)
    assert (email["rows"], email["filled"], email["distinct"]) == (3, 3, 2)
    assert email["max_length"] == len("a@example.com")
    assert (topic["filled"], topic["distinct"]) == (1, 1)


def test_a_column_that_a_file_lacks_is_drift_but_a_blank_one_is_not() -> None:  # S75
    email, topic = profile().filter(kind="contacts").iter_rows(named=True)
    assert (email["batches"], email["files"], email["drift"]) == (2, 2, False)
    assert (topic["batches"], topic["files"], topic["drift"]) == (1, 1, True)


def test_what_kartra_does_not_know_is_a_custom_field() -> None:  # S52, S90
    assert custom_columns(profile())["column"].to_list() == ["Topic"]


def test_the_profile_holds_no_value() -> None:  # G18
    assert "example.com" not in profile().write_csv()


def test_an_export_without_rows_has_no_columns_to_decide() -> None:
    assert export_columns({"contacts": JANUARY.head(0)}).is_empty()
