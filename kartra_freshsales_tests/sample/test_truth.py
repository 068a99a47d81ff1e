"""truth.json against a second reading of the files by the same rules."""

import json
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal

import pytest

from kartra_freshsales.sample import generate
from kartra_freshsales_tests.sample.conftest import Written
from kartra_freshsales_tests.sample.oracle import Oracle, amount

_SIZES = [(10, 1, 3), (10, 3, 7), (60, 12, 1), (700, 1, 11), (1500, 4, 2)]


@pytest.fixture(
    scope="module", params=_SIZES, ids=lambda size: "{} in {}, seed {}".format(*size)
)
def any_sample(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Written:
    contacts, batches, seed = request.param
    out = tmp_path_factory.mktemp("any")
    return Written(out, generate(out, contacts, batches, seed), Oracle(out))


def _folded(counts: Mapping[str, int]) -> dict[str, int]:
    return {name.casefold(): count for name, count in counts.items()}


def _present(states: Mapping[str, int]) -> Counter[str]:
    counted = Counter({state: n for state, n in states.items() if state != "rows"})
    return +counted


def test_the_states_of_every_kind_are_what_the_rules_make_of_the_files(  # G4
    any_sample: Written,
) -> None:
    kinds, oracle = any_sample.truth["kinds"], any_sample.oracle
    assert _present(kinds["contacts"]) == +oracle.contact_states
    assert _present(kinds["transactions"]) == +oracle.states
    assert _present(kinds["subscriptions"]) == +oracle.subscription_states()


def test_the_rows_of_every_kind_are_the_records_in_the_files(any_sample: Written) -> None:
    # S76
    kinds, oracle = any_sample.truth["kinds"], any_sample.oracle
    assert kinds["contacts"]["rows"] == len(oracle.contact_rows)
    assert kinds["transactions"]["rows"] == len(oracle.transaction_rows)
    assert kinds["subscriptions"]["rows"] == len(oracle.subscription_rows)


def test_the_states_of_every_kind_add_up_to_its_rows(any_sample: Written) -> None:  # G4
    for states in any_sample.truth["kinds"].values():
        assert sum(n for state, n in states.items() if state != "rows") == states["rows"]


def test_the_modules_are_what_the_rules_make_of_the_files(any_sample: Written) -> None:
    # S11 S29 S32 S88
    assert any_sample.truth["modules"] == any_sample.oracle.modules()


def test_every_contact_routed_is_one_golden_contact(any_sample: Written) -> None:  # S29
    modules = any_sample.truth["modules"]
    golden = any_sample.truth["kinds"]["contacts"]["loaded"]
    assert modules["contacts"] + modules["leads"] == golden


def test_the_sums_of_money_are_those_of_the_files(any_sample: Written) -> None:  # S88
    truth, oracle = any_sample.truth, any_sample.oracle
    sold = sum((amount(row) for row, _ in oracle.deals.values()), Decimal(0))
    undone = sum((amount(row) for row, _ in oracle.refunds.values()), Decimal(0))
    assert truth["deal_amount"] == {"USD": f"{sold:.2f}"}
    assert truth["refunded_amount"] == {"USD": f"{undone:.2f}"}
    kinds = Counter(row["Transaction_Type"] for row, _ in oracle.deals.values())
    assert truth["deals_by_type"] == kinds


def test_consent_ends_where_the_rules_lead(any_sample: Written) -> None:  # S57 G10
    assert any_sample.truth["consent"] == any_sample.oracle.consents()


def test_tags_lists_and_owners_are_those_of_the_files(any_sample: Written) -> None:
    # S44 S47 S61
    truth, oracle = any_sample.truth, any_sample.oracle
    assert _folded(truth["tags"]) == oracle.members("tags")
    assert _folded(truth["list_members"]) == oracle.members("lists")
    assert truth["owners"] == oracle.owners()


def test_the_contact_keys_are_those_of_the_files(any_sample: Written) -> None:  # S11
    assert any_sample.truth["emails"] == any_sample.oracle.emails()


def test_a_refund_leads_back_to_a_payment_of_the_same_buyer(written: Written) -> None:
    # S36
    oracle = written.oracle
    for row, sale in oracle.refunds.values():
        paid, buyer = oracle.deals[sale]
        assert oracle.buyer(row) == buyer
        assert paid["Product"] == row["Product"]


def test_no_payment_is_refunded_beyond_its_amount(written: Written) -> None:
    undone: dict[str, Decimal] = {}
    for row, sale in written.oracle.refunds.values():
        undone[sale] = undone.get(sale, Decimal(0)) + amount(row)
    assert all(
        total <= amount(written.oracle.deals[sale][0]) for sale, total in undone.items()
    )


def test_the_file_says_what_the_call_returned(written: Written) -> None:
    text = (written.out / "truth.json").read_text(encoding="utf-8")
    assert json.loads(text) == written.truth
