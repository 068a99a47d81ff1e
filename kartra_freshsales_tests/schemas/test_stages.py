"""The frames between stages are what their schemas say, with rows and without."""

from typing import Any

import pandera.polars as pa
import polars as pl
import pytest

from kartra_freshsales.schemas.accounts import Accounts
from kartra_freshsales.schemas.cleaned import (
    CleanedContacts,
    CleanedSubscriptions,
    CleanedTransactions,
    SetAside,
)
from kartra_freshsales.schemas.contacts import Contacts
from kartra_freshsales.schemas.intended import Intended
from kartra_freshsales.schemas.load_plan import LoadPlan
from kartra_freshsales.schemas.load_results import LoadResults
from kartra_freshsales.schemas.raw import QuarantinedLines, RawRows
from kartra_freshsales.schemas.row_states import RowStates
from kartra_freshsales.schemas.subscriptions import Subscriptions
from kartra_freshsales.schemas.transactions import Transactions
from kartra_freshsales.transforms.companies import accounts
from kartra_freshsales.transforms.contacts import clean_contacts
from kartra_freshsales.transforms.subscriptions import clean_subscriptions
from kartra_freshsales.transforms.transactions import clean_transactions
from kartra_freshsales_tests.transforms.scenario import (
    NOTHING,
    RULES,
    contact,
    golden,
    plans,
    raw,
    sale,
    sales,
)

PEOPLE = raw(
    contact("ada@example.com", kartra_id="7", company="Acme", tags="a, b", Colour="red"),
    contact(None),
)
MONEY = raw(sale("1", "9.00"), sale("2", "1", transaction_type="Failed"), currency="USD")
PLANS = raw({"subscription_id": "5", "status": "Active", "lead_id": "7"}, currency="USD")


def frames(
    people: pl.DataFrame, money: pl.DataFrame, running: pl.DataFrame
) -> dict[Any, Any]:
    contacts = golden(people)
    transactions, subscriptions = (
        sales(money, contacts=contacts.records),
        plans(running, contacts=contacts.records),
    )
    return {
        RawRows: people,
        CleanedContacts: clean_contacts(people, RULES).rows,
        CleanedTransactions: clean_transactions(money, RULES).rows,
        CleanedSubscriptions: clean_subscriptions(running, RULES).rows,
        SetAside: clean_transactions(money, RULES).set_aside,
        Contacts: contacts.records,
        Accounts: accounts(contacts.records),
        Transactions: transactions.records,
        Subscriptions: subscriptions.records,
        RowStates: contacts.row_states,
    }


@pytest.mark.parametrize(
    "model", [*frames(NOTHING, NOTHING, NOTHING)], ids=lambda model: str(model.__name__)
)
def test_each_stage_holds_what_its_schema_says(model: Any) -> None:
    # S2 S75
    for found in (frames(PEOPLE, MONEY, PLANS), frames(NOTHING, NOTHING, NOTHING)):
        assert model.validate(found[model], lazy=True).height == found[model].height


def test_a_wrong_consent_a_negative_amount_and_a_repeated_key_are_found() -> None:
    # S2
    found = frames(PEOPLE, MONEY, PLANS)
    wrong = found[Contacts].with_columns(pl.lit("maybe").alias("consent"))
    negative = found[Transactions].with_columns(-pl.col("amount"))
    twice = pl.concat([found[Accounts]] * 2)
    for model, frame in ((Contacts, wrong), (Transactions, negative), (Accounts, twice)):
        with pytest.raises(pa.errors.SchemaErrors):
            model.validate(frame, lazy=True)


def test_a_row_in_two_states_is_found() -> None:
    # G4
    states = frames(PEOPLE, MONEY, PLANS)[RowStates]
    with pytest.raises(pa.errors.SchemaErrors):
        RowStates.validate(pl.concat([states, states]), lazy=True)


def test_lines_plans_and_results_have_schemas_too() -> None:
    lines = {
        "_batch": "b",
        "_file": "f",
        "_row": 3,
        "reason": "nul_byte",
        "remedy": "r",
        "raw": "x",
    }
    assert QuarantinedLines.validate(pl.DataFrame([lines])).height == 1
    record = {"module": "contacts", "source_key": "k", "batch": "b", "sources": ["b/f:2"]}
    said = {"reason": None, "remedy": None}
    text = dict.fromkeys(("reason", "remedy", "problem", "written", "seen"), pl.String)
    whole = {"payload": "{}", "problem": None, "remedy": None}
    Intended.validate(pl.DataFrame([{**record, **whole}], schema_overrides=text))
    planned = {**record, **said, "role": "own", "operation": "create", "freshsales_id": 1}
    plan = {**planned, "payload": "{}", "fields": ["email"]}
    LoadPlan.validate(pl.DataFrame([plan], schema_overrides=text))
    done = {**planned, "outcome": "created", "written": "{}", "seen": None}
    LoadResults.validate(pl.DataFrame([done], schema_overrides=text))
