"""How records are found again: with few pages, wherever people may have put them."""

from collections import Counter

from kartra_freshsales.loading.readback import Sought, look
from kartra_freshsales.loading.session import Session
from kartra_freshsales_tests.loading.scenario import (
    LOST,
    NEW,
    OWNER,
    WON,
    Look,
    Opened,
    deal,
    plan,
)


def test_deals_are_read_back_from_the_views_of_their_stages_and_no_further(
    crm: Opened,
) -> None:  # G3, G6
    account = crm()
    account.load(plan(*(deal(number) for number in range(400))))
    before = account.client.counts["read"]
    account.load(plan(*(deal(number) for number in range(400, 800))))
    looks, won, lost, new = 3, 2, 1, 1
    assert account.client.counts["read"] - before == looks + won + lost + new


def test_a_deal_that_was_moved_to_another_stage_meanwhile_is_still_found(
    crm: Opened,
) -> None:  # G3
    account = crm()
    names = {f"Deal {number}": f"txn:{number}" for number in range(3)}
    with Look(account.server) as outside:
        for name, stage in zip(names, (WON, LOST, NEW), strict=True):
            body = {"name": name, "amount": 1, "deal_stage_id": stage, "owner_id": OWNER}
            outside.post("/deals", body)
    session = Session(account.client, account.ledger, account.metadata, "run", "jan")
    sought = Sought(by_key=names, stages=Counter({WON: 3}))
    assert look(session, "deals", sought, None).found.keys() == set(names.values())
