"""The chains: any change to what was written shows, and a purge does not break them."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine

from kartra_freshsales.errors import IntegrityError
from kartra_freshsales.ledger.records import ChainReport, Conflict
from kartra_freshsales.ledger.states import IntentState
from kartra_freshsales.ledger.store import Ledger
from kartra_freshsales_tests.ledger.scenario import HERE, identity, new, settled, to

COPIED = (
    "destination_id, run, operation, module, source_key, payload_digest, way_back,"
    " group_key, batch, planned_us, content_hash, hash, state, changed_us"
)
TAMPERING = {
    "payload": "UPDATE intent SET payload = '{}' WHERE id = 2",
    "pre-image": "UPDATE intent SET pre_image = '{\"a\":1}' WHERE id = 2",
    "payload dropped without a purge": "UPDATE intent SET payload = NULL WHERE id = 2",
    "whose": "UPDATE intent SET source_key = 'ann@example.com' WHERE id = 2",
    "way back": "UPDATE intent SET way_back = '' WHERE id = 2",
    "operation": "UPDATE intent SET operation = 'delete' WHERE id = 2",
    "batch": "UPDATE intent SET batch = 'other' WHERE id = 2",
    "time": "UPDATE intent SET planned_us = planned_us + 1 WHERE id = 2",
    "hash": "UPDATE intent SET hash = content_hash WHERE id = 2",
    "state": "UPDATE intent SET state = 'failed' WHERE id = 2",
    "detail": "UPDATE intent SET detail = 'never sent' WHERE id = 2",
    "id at the destination": "UPDATE intent SET freshsales_id = 5 WHERE id = 2",
    "state of an event": "UPDATE intent_event SET after = 'unknown' WHERE id = 2",
    "whose event": "UPDATE intent_event SET intent_id = 1 WHERE id = 2",
    "detail of an event": "UPDATE intent_event SET detail = 'x' WHERE id = 5",
    "detail of an event dropped": "UPDATE intent_event SET detail = NULL WHERE id = 5",
    "an event taken out": "DELETE FROM intent_event WHERE id = 2",
    "the last event taken out": "DELETE FROM intent_event WHERE id = 6",
    "all events taken out": "DELETE FROM intent_event",
    "order of events": "UPDATE intent_event SET position = 20 WHERE id = 2",
    "order of intents": "UPDATE intent SET position = 20 WHERE id = 2",
    "end of the chain": "UPDATE destination SET intents = 2",
    "an event put in": (
        "INSERT INTO intent_event (destination_id, position, intent_id, before, after,"
        " at_us, content_hash, hash) SELECT destination_id, 7, intent_id, before, after,"
        " at_us, content_hash, hash FROM intent_event WHERE id = 6"
    ),
    "an intent put in": (
        f"INSERT INTO intent (position, {COPIED}) SELECT 4, {COPIED} FROM intent"
        " WHERE id = 3"
    ),
}  # fmt: skip
LAST_INTENT = (
    "DELETE FROM intent_event WHERE intent_id = 4",
    "DELETE FROM intent WHERE id = 4",
)


def _change(url: str, *statements: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def _verdict(url: str, statement: str) -> ChainReport:
    with Ledger.open(url, HERE) as ledger:
        settled(ledger)
        assert ledger.verify_chain().intact
    _change(url, statement)
    with Ledger.open(url, HERE) as ledger:
        report = ledger.verify_chain()
    assert not report.intact
    return report


def test_an_untouched_chain_is_whole(ledger_url: str) -> None:
    # G1
    with Ledger.open(ledger_url, HERE) as ledger:
        settled(ledger)
        report = ledger.verify_chain()
    assert (report.intact, report.intents, report.events) == (True, 3, 6)
    assert (report.broken_at, report.reason) == (None, "")


@pytest.mark.parametrize("statement", TAMPERING.values(), ids=TAMPERING.keys())
def test_tampering_shows(sqlite_url: str, statement: str) -> None:
    # G1
    assert _verdict(sqlite_url, statement).reason


@pytest.mark.parametrize(
    "name", ["payload", "state", "state of an event", "an event put in"]
)
def test_tampering_shows_in_a_shared_ledger_too(postgres_url: str, name: str) -> None:
    # G1
    assert _verdict(postgres_url, TAMPERING[name]).reason


def test_an_end_that_was_cut_off_shows(ledger_url: str) -> None:
    # G1
    with Ledger.open(ledger_url, HERE) as ledger:
        settled(ledger)
        ledger.plan_intents("run-2", [new()])
    _change(ledger_url, *LAST_INTENT)
    with Ledger.open(ledger_url, HERE) as ledger:
        report = ledger.verify_chain()
    assert not report.intact
    assert report.intents == 3


def test_a_purge_leaves_hashes_and_counts_and_a_whole_chain(ledger_url: str) -> None:
    # G18
    with Ledger.open(ledger_url, HERE) as ledger:
        before = settled(ledger)
        ledger.put_identities([identity()])
        ledger.put_conflicts([Conflict("contacts", "k", "city", "Oslo", None, "Bergen")])
        assert ledger.purge() == 3
        after = ledger.intents()
        assert [i.payload_digest for i in after] == [i.payload_digest for i in before]
        assert [i.freshsales_id for i in after] == [1000, 1001, 1002]
        left = f"{after} {ledger.identities().to_dicts()} {ledger.conflicts().to_dicts()}"
        for personal in ("example.com", "Mørk", "as sent", "Bergen"):
            assert personal not in left
        assert ledger.purge() == 0
        settled(ledger, 2)
        assert ledger.verify_chain().intact
        assert ledger.purge() == 2
        assert ledger.verify_chain().intact


def test_tampering_shows_after_a_purge_too(ledger_url: str) -> None:
    # G1 G18
    with Ledger.open(ledger_url, HERE) as ledger:
        settled(ledger)
        ledger.purge()
        settled(ledger, 1)
    _change(ledger_url, "UPDATE intent SET payload = NULL WHERE position = 4")
    with Ledger.open(ledger_url, HERE) as ledger:
        assert not ledger.verify_chain().intact


def test_a_purge_waits_until_every_write_is_settled(sqlite_url: str) -> None:
    # G1 G18
    with Ledger.open(sqlite_url, HERE) as ledger:
        made = ledger.plan_intents("run-1", [new()])
        ledger.mark_intents(to(made, IntentState.SENT))
        with pytest.raises(IntegrityError, match="not settled"):
            ledger.purge()
        assert ledger.intents()[0].payload == made[0].payload
