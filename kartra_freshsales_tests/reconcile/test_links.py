import polars as pl
import pytest

from kartra_freshsales.reconcile.links import orphans, problem_counts
from kartra_freshsales_tests.reconcile import scenario as s

CONTACT = ("contacts", "buyer@example.com")
ACCOUNT = ("sales_accounts", "north bakery")
DEAL = ("deals", "txn:1")


def test_a_faithful_load_has_no_orphans() -> None:  # S18
    assert orphans(s.sent(), s.seen()).is_empty()


@pytest.mark.parametrize(
    ("address", "change", "problem"),
    [
        (CONTACT, {"sales_account_ids": []}, "no_sales_account"),
        (CONTACT, {"sales_account_ids": [999]}, "wrong_sales_account"),
        (DEAL, {"contact_ids": []}, "no_contact"),
        (DEAL, {"contact_ids": [999]}, "wrong_contact"),
        (DEAL, {"owner_id": None}, "no_owner"),
        (CONTACT, {"owner_id": 12}, "wrong_owner"),
    ],
)
def test_each_broken_link_is_named(
    address: tuple[str, str], change: s.Record, problem: str
) -> None:  # S18, S64
    broken = orphans(s.sent(), s.seen({address: change}))
    assert broken["problem"].to_list() == [problem]
    assert broken["sources"].to_list()[0]
    assert problem_counts(broken)["records"].to_list() == [1]


def test_a_link_to_an_account_that_is_gone_is_an_orphan() -> None:  # S18
    ids = pl.DataFrame(
        {
            "module": ["sales_accounts"],
            "source_key": ["north bakery"],
            "freshsales_id": [101],
        }
    )
    others = s.seen({ACCOUNT: None}).vstack(
        pl.DataFrame(
            [("sales_accounts", "else", 7, "{}")], schema=s.SEEN_SCHEMA, orient="row"
        )
    )
    written = s.sent({CONTACT: s.WRITTEN[CONTACT] | {"sales_account": 101}})
    assert orphans(written, others)["problem"].to_list() == ["sales_account_gone"]
    assert orphans(written, others, references=ids).is_empty()


def test_a_deal_written_without_contact_is_an_orphan() -> None:  # S36
    record = {key: value for key, value in s.WRITTEN[DEAL].items() if key != "contact"}
    broken = orphans(s.sent({DEAL: record}), s.seen({DEAL: {"contact_ids": None}}))
    assert broken["problem"].to_list() == ["no_contact"]
