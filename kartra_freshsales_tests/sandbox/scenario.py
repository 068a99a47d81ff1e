"""Short words for what these tests do over and over."""

from __future__ import annotations

from typing import Any

import httpx

from kartra_freshsales.sandbox.remote import SandboxControl


def messages(answer: httpx.Response) -> list[str]:
    """The messages of an error answer."""
    errors = answer.json()["errors"]
    assert errors["code"] == answer.status_code
    found: list[str] = errors["message"]
    return found


def view_id(client: httpx.Client, module: str, name: str) -> int:
    """The id of a view by its name."""
    filters = client.get(f"/{module}/filters").json()["filters"]
    return next(int(item["id"]) for item in filters if item["name"] == name)


def viewed(client: httpx.Client, module: str, name: str, **query: Any) -> dict[str, Any]:
    """One page of a view by the view's name."""
    answer = client.get(f"/{module}/view/{view_id(client, module, name)}", params=query)
    assert answer.status_code == 200
    page: dict[str, Any] = answer.json()
    return page


def made(client: httpx.Client, module: str, **values: Any) -> dict[str, Any]:
    """A record created with the given values."""
    singular = module.removesuffix("s")
    answer = client.post(f"/{module}", json={singular: values})
    assert answer.status_code == 200, answer.text
    record: dict[str, Any] = answer.json()[singular]
    return record


def got(
    client: httpx.Client, module: str, record_id: int, include: str = ""
) -> dict[str, Any]:
    """A record read back."""
    answer = client.get(f"/{module}/{record_id}", params={"include": include})
    assert answer.status_code == 200, answer.text
    record: dict[str, Any] = answer.json()[module.removesuffix("s")]
    return record


def bulk(client: httpx.Client, module: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A bulk upsert, polled to its end; answers the job's last status."""
    answer = client.post(f"/{module}/bulk_upsert", json={module: rows})
    assert answer.status_code == 200, answer.text
    url = answer.json()["job_status_url"]
    assert client.get(url).json()["status"] == "in_progress"
    status: dict[str, Any] = client.get(url).json()
    assert status["status"] == "completed"
    return status


def new_field(client: httpx.Client, module: str, **values: Any) -> httpx.Response:
    """Ask for a custom field on a module's form."""
    form = client.get(f"/settings/{module}/forms").json()["forms"][0]["id"]
    return client.post(f"/settings/{module}/forms/{form}/fields", json={"field": values})


def history(client: httpx.Client) -> dict[str, Any]:
    """The sandbox's own counts."""
    return control(client).history()


class Client(httpx.Client):
    """A client of a sandbox that knows its control port."""

    control: SandboxControl


def control(client: httpx.Client) -> SandboxControl:
    """The control port of the sandbox a client talks to."""
    assert isinstance(client, Client)
    return client.control
