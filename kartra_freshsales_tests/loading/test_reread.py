"""Notes and lists are read again as well; whatever people did to them shows (G3)."""

import json

import polars as pl

from kartra_freshsales.loading.reread import reread_hung
from kartra_freshsales_tests.loading.scenario import (
    Account,
    Look,
    Opened,
    contact,
    marketing_list,
    note,
    one,
    plan,
)

LONG = " ".join(f"word{n}" for n in range(3000))


def read(here: Account) -> dict[str, dict[str, object] | None]:
    """What stands there now of each note and list, by its key."""
    live = here.ledger.identities(["notes", "lists"])
    found = reread_hung(here.client, here.metadata, "suite", live)
    return {
        key: None if seen is None else json.loads(seen)
        for key, seen in found.select("source_key", "seen").iter_rows()
    }


def test_notes_and_members_are_read_again_and_their_changes_show(crm: Opened) -> None:
    here = crm()
    results = here.load(
        plan(
            *(contact(n) for n in (1, 2, 3)),
            note(1, LONG), note(2, "Likes walks."), note(3, "Likes rye."),
            marketing_list("News", [1, 2]), marketing_list("Offers", [3]),
        )
    )  # fmt: skip
    ids = {n: one(results["contacts"], f"person.000{n}@example.com")["freshsales_id"]
           for n in (1, 2, 3)}  # fmt: skip
    notes = {n: f"note:person.000{n}@example.com" for n in ids}
    before = read(here)
    assert set(before) == {
        *notes.values(),
        "News",
        "Offers",
    }  # parts of a note are no notes
    assert before[notes[1]] == {"description": LONG, "contact_ids": [ids[1]]}
    assert before["News"] == {"name": "News", "members": [ids[1], ids[2]]}

    known = dict(here.ledger.identities(["notes", "lists"])
                 .select("source_key", "freshsales_id").iter_rows())  # fmt: skip
    with Look(here.server) as look:
        look.put(f"/notes/{known[notes[2]]}", {"note": {"description": "Likes hills."}})
        look.delete(f"/notes/{known[notes[3]]}")
        look.delete(f"/notes/{known[notes[1] + '#2']}")
        look.put(f"/lists/{known['News']}/remove_contacts", {"ids": [ids[2]]})
    after = read(here)
    assert after[notes[2]] == {"description": "Likes hills.", "contact_ids": [ids[2]]}
    assert after[notes[3]] is None
    told = after[notes[1]]
    assert told is not None
    assert told["description"] != LONG
    assert after["News"] == {"name": "News", "members": [ids[1]]}
    assert after["Offers"] == before["Offers"]


def test_without_notes_and_lists_nothing_is_read(crm: Opened) -> None:
    here = crm()
    reads = here.history()["reads"]
    assert reread_hung(
        here.client, here.metadata, "suite", here.ledger.identities()
    ).equals(
        pl.DataFrame(
            schema=dict.fromkeys(("module", "source_key"), pl.String)
            | {"freshsales_id": pl.Int64}
            | dict.fromkeys(("written", "then", "seen"), pl.String)
        )
    )
    assert here.history()["reads"] == reads
