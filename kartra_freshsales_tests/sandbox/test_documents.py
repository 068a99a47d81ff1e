"""Files and links of records (reference 3.9, 5, 9)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.sandbox.config import SandboxConfig
from kartra_freshsales.sandbox.documents import storage_room
from kartra_freshsales.sandbox.multipart import parts_of
from kartra_freshsales.sandbox.world import make_world
from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.scenario import made, messages


def about(crm: httpx.Client, module: str = "contacts") -> dict[str, Any]:
    target = {"contacts": "Contact", "sales_accounts": "SalesAccount", "deals": "Deal"}
    required: dict[str, dict[str, Any]] = {
        "contacts": {"email": "person.1@example.com"},
        "sales_accounts": {"name": "Acme"},
        "deals": {"name": "Deal 1", "amount": 1},
    }
    record = made(crm, module, **required[module])
    return {"targetable_type": target[module], "targetable_id": record["id"]}


def upload(
    crm: httpx.Client, content: bytes = b"hello", name: str = "offer.pdf", **form: Any
) -> httpx.Response:
    files = {"file": (name, content, "application/pdf")}
    return crm.post("/documents", files=files, data=form)


def attached(crm: httpx.Client, target: dict[str, Any]) -> dict[str, Any]:
    plural = {"Contact": "contacts", "SalesAccount": "sales_accounts", "Deal": "deals"}
    path = f"/{plural[target['targetable_type']]}/{target['targetable_id']}"
    answer = crm.get(f"{path}/document_associations")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


@pytest.mark.parametrize("module", ["contacts", "sales_accounts", "deals"])
def test_an_uploaded_file_stands_at_its_record(crm: httpx.Client, module: str) -> None:
    target = about(crm, module)
    answer = upload(crm, b"\x00\r\n\xff" * 1000, **target, is_shared="true")
    assert answer.status_code == 200
    assert list(answer.json()) == ["id", "url", "msg"]
    body = attached(crm, target)
    assert list(body) == [
        "documents", "document_links", "document_associations", "users", "meta",
    ]  # fmt: skip
    (file,) = body["documents"]
    assert list(file) == [
        "id", "url", "thumbnail_url", "name", "is_shared", "content_file_size",
        "content_content_type", "content_updated_at", "content_file_size_readable",
        "created_at", "is_attached", "creater_id",
    ]  # fmt: skip
    assert file["id"] == answer.json()["id"]
    assert (file["name"], file["is_shared"]) == ("offer.pdf", True)
    assert file["content_content_type"] == "application/pdf"
    assert (file["content_file_size"], file["content_file_size_readable"]) == (
        4000,
        "4.0 KB",
    )
    (association,) = body["document_associations"]
    assert association["attachable"] == {"type": "Document", "id": file["id"]}
    assert body["document_links"] == []


def test_a_file_name_may_be_given_and_may_be_in_any_script(crm: httpx.Client) -> None:
    target = about(crm)
    upload(crm, **target, file_name="Angebot.pdf")
    upload(crm, name="предложение “1”.pdf", **target)
    names = [file["name"] for file in attached(crm, target)["documents"]]
    assert names == ["предложение “1”.pdf", "Angebot.pdf"]


def test_an_upload_needs_a_file_and_a_live_record(crm: httpx.Client) -> None:
    target = about(crm)
    assert messages(crm.post("/documents", files={"x": b"1"}, data=target)) == [
        "File can't be blank"
    ]
    assert messages(upload(crm, b"", **target)) == ["File can't be blank"]
    for wrong, status in (
        ({}, 400),
        ({"targetable_type": "Contact"}, 400),
        ({"targetable_type": "Note", "targetable_id": 1}, 400),
        ({"targetable_type": "Contact", "targetable_id": 1}, 404),
        ({"targetable_type": "Product", "targetable_id": 1}, 404),
        ({**target, "is_shared": "perhaps"}, 400),
    ):
        assert upload(crm, **wrong).status_code == status
    assert attached(crm, target)["documents"] == []


# reference 3.9: do not set a JSON content type
@pytest.mark.parametrize(
    "kind", ["application/json", "multipart/form-data", "multipart/form-data; boundary=x"]
)
def test_an_upload_that_is_no_form_is_refused(crm: httpx.Client, kind: str) -> None:
    target = about(crm)
    for content in (b"", b'{"file": "aGk="}', b"--x\r\nfile\r\n--x--"):
        headers = {"Content-Type": kind}
        answer = crm.post("/documents", content=content, headers=headers)
        assert messages(answer) == ["Invalid or missing attributes"]
    assert attached(crm, target)["documents"] == []


# a form is for files only
def test_a_form_is_refused_by_every_other_call(crm: httpx.Client) -> None:
    target = about(crm)
    for path in ("/notes", "/document_links", f"/contacts/{target['targetable_id']}/clone"):
        answer = crm.post(path, files={"file": b"1"}, data=target)
        assert messages(answer) == ["Invalid or missing attributes"]


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=200), name=st.text(min_size=1, max_size=20))
def test_no_byte_of_a_file_is_lost_in_its_form(content: bytes, name: str) -> None:
    clean = name.encode("utf-8", "replace").decode()
    form = httpx.Request(
        "POST", "http://localhost", files={"file": (clean, content)}, data={"a": "1"}
    )
    parts = parts_of(form.read(), form.headers["content-type"])
    assert parts["file"].content == content
    assert parts["file"].filename is not None
    assert (parts["a"].text, parts["a"].filename) == ("1", None)


# reference 5: 150 MB each, as the account is told
def test_a_file_may_have_150_megabytes_and_not_a_byte_more(account: Account) -> None:
    assert SandboxConfig(api_key="k").largest_file_bytes == 150_000_000
    with account(largest_file_bytes=1000) as crm:
        target = about(crm)
        assert upload(crm, b"x" * 1000, **target).status_code == 200
        answer = upload(crm, b"x" * 1001, **target)
        assert messages(answer) == ["File size is not in required length"]
        assert len(attached(crm, target)["documents"]) == 1


# reference 9: no storage on Free; 5: what a plan has room for
def test_storage_ends_where_the_plan_says(account: Account) -> None:
    with account(plan="free") as crm:
        target = about(crm)
        assert upload(crm, **target).status_code == 403
        assert crm.post("/document_links", json={**target, "url": "a.test"}).is_success
    with account(storage_bytes=10) as crm:
        target = about(crm)
        assert upload(crm, b"x" * 6, **target).status_code == 200
        answer = upload(crm, b"x" * 5, **target)
        assert messages(answer) == [
            "You have reached the limit of file storage in your plan"
        ]
        assert upload(crm, b"x" * 4, **target).status_code == 200
        crm.request("DELETE", f"/contacts/{target['targetable_id']}/forget", json=True)
        assert upload(crm, b"x" * 10, **about(crm)).status_code == 200


def test_a_plans_storage_counts_its_active_users(account: Account) -> None:
    for edition, plan, gigabytes in (
        ("suite", "growth", 2 * 4),
        ("suite", "enterprise", 100 * 4),
        ("classic", "garden", None),
    ):
        world = make_world(SandboxConfig(api_key="k", edition=edition, plan=plan))
        found = storage_room(world)
        assert found == (None if gigabytes is None else gigabytes * 10**9)
        world.store.close()


def test_a_link_stands_at_its_record(crm: httpx.Client) -> None:
    target = about(crm)
    sent = {**target, "url": "https://example.com/offer", "is_shared": True}
    answer = crm.post("/document_links", json={**sent, "name": "Offer"})
    assert answer.status_code == 200
    crm.post("/document_links", json={"document_link": sent})
    body = attached(crm, target)
    named = [
        (link["name"], link["url"], link["is_shared"]) for link in body["document_links"]
    ]
    url = sent["url"]
    assert named == [(url, url, True), ("Offer", url, True)]
    assert {one["attachable"]["type"] for one in body["document_associations"]} == {
        "DocumentLink"
    }
    for wrong in ({**sent, "url": ""}, {**sent, "url": "no address"}, {"url": sent["url"]}):
        assert crm.post("/document_links", json=wrong).status_code == 400
    product = {**sent, "targetable_type": "Product"}
    assert crm.post("/document_links", json=product).status_code == 400


# reference 2.3, 9, 12.14: what cannot be taken back
def test_files_and_links_cannot_be_deleted_or_read_alone(crm: httpx.Client) -> None:
    target = about(crm)
    file = upload(crm, **target).json()["id"]
    link = crm.post("/document_links", json={**target, "url": "a.test"}).json()["id"]
    for path in (f"/documents/{file}", f"/document_links/{link}"):
        assert crm.delete(path).status_code == 404
        assert crm.get(path).status_code == 404
    assert len(attached(crm, target)["document_associations"]) == 2


def test_a_file_may_belong_to_a_product(account: Account) -> None:
    with account(plan="pro") as crm:
        product = crm.post("/cpq/products", json={"product": {"name": "Course"}}).json()
        product_id = product["product"]["id"]
        form = {"targetable_type": "Product", "targetable_id": product_id}
        assert upload(crm, **form).status_code == 200
        crm.delete(f"/cpq/products/{product_id}")
        assert upload(crm, **form).status_code == 404
