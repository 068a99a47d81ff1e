"""A subscription's currency is that of its payments, or nobody's."""

import polars as pl

from kartra_freshsales.transforms.currencies import with_currency_of_payments

SUBSCRIPTIONS = pl.DataFrame(
    {"subscription_id": ["1", "2", "3", None], "currency": [None, None, "GBP", None]},
    schema={"subscription_id": pl.String, "currency": pl.String},
)


def currencies(payments: list[tuple[str | None, str | None]]) -> list[str | None]:
    sales = pl.DataFrame(
        payments,
        schema={"subscription_id": pl.String, "currency": pl.String},
        orient="row",
    )
    return with_currency_of_payments(SUBSCRIPTIONS, sales)["currency"].to_list()


def test_a_subscription_takes_the_currency_of_its_own_payments() -> None:  # S42
    assert currencies([("1", "EUR"), ("1", "EUR"), ("9", "USD")]) == [
        "EUR",
        None,
        "GBP",
        None,
    ]


def test_one_currency_everywhere_is_everybodys() -> None:  # S42
    assert currencies([("9", "USD"), (None, "USD")]) == ["USD", "USD", "GBP", "USD"]


def test_two_currencies_decide_nothing() -> None:  # S42
    assert currencies([("1", "EUR"), ("1", "USD")]) == [None, None, "GBP", None]


def test_without_payments_nothing_is_invented() -> None:  # S42
    assert currencies([]) == [None, None, "GBP", None]
