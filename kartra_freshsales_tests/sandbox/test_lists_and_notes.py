"""Lists, notes and searches."""

from __future__ import annotations

import httpx

from kartra_freshsales_tests.sandbox.scenario import made


def members(crm: httpx.Client, list_id: int) -> set[int]:
    page = crm.get(f"/contacts/lists/{list_id}", params={"per_page": 100}).json()
    assert page["meta"]["total"] == len(page["contacts"])
    return {item["id"] for item in page["contacts"]}


def test_lists_are_made_renamed_filled_and_emptied(crm: httpx.Client) -> None:
    first, second = (
        crm.post("/lists", json={"name": name}).json()["list"]["id"] for name in ("A", "B")
    )
    assert crm.put(f"/lists/{second}", json={"name": "C"}).json()["list"]["name"] == "C"
    assert crm.post("/lists", json={"name": "a"}).status_code == 400
    page = crm.get("/lists").json()
    assert [item["name"] for item in page["lists"]] == ["A", "C"]
    assert page["meta"] == {"total_pages": 1, "total": 2}
    ids = [made(crm, "contacts", email=f"{at}@example.com")["id"] for at in range(3)]
    answer = crm.put(f"/lists/{first}/add_contacts", json={"ids": ids})
    assert answer.json() == {"message": "3 contacts updated."}
    crm.put(f"/lists/{first}/remove_contacts", json={"ids": ids[:1]})
    assert members(crm, first) == set(ids[1:])
    crm.put(f"/lists/{second}/move_contacts", json={"ids": ids[1:2], "from_list_id": first})
    assert (members(crm, first), members(crm, second)) == ({ids[2]}, {ids[1]})
    crm.request("DELETE", f"/contacts/{ids[2]}", json=True)
    assert members(crm, first) == set()
    answer = crm.put(f"/lists/{second}/remove_contacts", json={"all": True})
    assert answer.json()["message"].startswith("Updating now")
    assert members(crm, second) == set()
    assert crm.get("/contacts/lists/1").status_code == 404


def test_notes_are_read_through_their_parent_only(crm: httpx.Client) -> None:
    contact = made(crm, "contacts", email="a@example.com")["id"]
    body = {"description": "First", "targetable_type": "Contact", "targetable_id": contact}
    note = crm.post("/notes", json={"note": body}).json()["note"]
    assert note["targetables"] == [{"id": contact, "type": "Contact"}]
    assert crm.get(f"/notes/{note['id']}").status_code == 404
    crm.put(f"/notes/{note['id']}", json={"note": {"description": "Second"}})
    notes = crm.get(f"/contacts/{contact}/notes").json()["notes"]
    assert [item["description"] for item in notes] == ["Second"]
    assert crm.delete(f"/notes/{note['id']}").json() == {"success": "200"}
    assert crm.get(f"/contacts/{contact}/notes").json()["notes"] == []
    for lacking in body:
        partial = {key: value for key, value in body.items() if key != lacking}
        assert crm.post("/notes", json={"note": partial}).status_code == 400
