"""A client others wrote for the real Freshsales works on the sandbox (reference 10)."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Final

import httpx
import pytest
from freshsales import api as first  # type: ignore[import-untyped]
from freshsales import errors
from freshsales.v2 import api as second  # type: ignore[import-untyped]
from freshsales.v2 import errors as second_errors

from kartra_freshsales.sandbox.config import Faults
from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.other_client.activities import ACTIVITIES
from kartra_freshsales_tests.sandbox.other_client.products import PRODUCTS
from kartra_freshsales_tests.sandbox.other_client.records import RECORDS
from kartra_freshsales_tests.sandbox.other_client.table import RENAMED, Caller, Ground
from kartra_freshsales_tests.sandbox.scenario import bulk

EVERY: Final = {**RECORDS, **ACTIVITIES, **PRODUCTS}
GENERATIONS: Final = {"first": (first, {}), "second": (second, RENAMED)}
LEFT_OUT: Final = {
    "second": {"search.filter_contacts": "its second generation has no searches"},
}
"""Operations no check calls, by generation, with the reason."""


def _client(generation: ModuleType, address: str, key: str) -> Any:
    """The client, unchanged but for its address."""
    api = generation.API("sandbox.example", key)
    api._api_prefix = address.rstrip("/")
    return api


@pytest.fixture(scope="module")
def served() -> Iterator[SandboxProcess]:
    """An account with everything, products too."""
    with SandboxProcess(plan="enterprise", requests_per_hour=0) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def ground(served: SandboxProcess) -> Iterator[Ground]:
    with httpx.Client(base_url=served.base_url, headers=served.headers) as crm:
        yield Ground(crm)


@pytest.fixture(scope="module")
def clients(served: SandboxProcess) -> Iterator[dict[str, Any]]:
    made = {
        name: _client(module, served.base_url, served.api_key)
        for name, (module, _) in GENERATIONS.items()
    }
    yield made
    for api in made.values():
        api._session.close()


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("name", sorted(EVERY))
def test_an_operation_does_what_it_says(
    clients: dict[str, Any], ground: Ground, generation: str, name: str
) -> None:
    if name in LEFT_OUT.get(generation, {}):
        area, _, method = name.partition(".")
        assert not hasattr(getattr(clients[generation], area, None), method)
        return
    call = Caller(clients[generation], GENERATIONS[generation][1])
    EVERY[name](call, ground)
    assert name in call.called


@pytest.mark.parametrize("generation", GENERATIONS)
def test_no_operation_of_the_client_is_left_out(
    clients: dict[str, Any], generation: str
) -> None:
    module, names = GENERATIONS[generation]
    old_names = {
        f"{name.partition('.')[0]}.{new}": name for name, new in names.items()
    }  # by the names of this generation
    found = set()
    for area, served in vars(clients[generation]).items():
        if type(served).__module__ == module.__name__:
            for method, _ in inspect.getmembers(type(served), inspect.isfunction):
                if not method.startswith("_"):
                    found.add(old_names.get(f"{area}.{method}", f"{area}.{method}"))
    classes = {
        item
        for item in vars(module).values()
        if inspect.isclass(item)
        and item.__name__.endswith("API")
        and item is not module.API
    }
    assert {type(item) for item in vars(clients[generation]).values()} >= classes
    assert found | set(LEFT_OUT.get(generation, {})) == set(EVERY)


# reference 8: never prove paging with this client


def _row_ids(api: Any, ground: Ground, **asked: Any) -> list[int]:
    view = ground.view("contacts", "All Contacts")
    return [item.id for item in api.contacts.list_contacts(view, **asked)]


def test_its_first_generation_reads_page_1_again_and_again(account: Account) -> None:
    with account() as crm:
        api = _client(first, str(crm.base_url), "secret-key")
        _people(crm, 120)
        ids = _row_ids(api, Ground(crm), per_page=100)
        assert (len(ids), len(set(ids))) == (200, 100)
        assert _row_ids(api, Ground(crm), page=2, per_page=100) == ids[:100]
        api._session.close()


def test_its_second_generation_takes_pages_of_two_sizes(account: Account) -> None:
    with account() as crm:
        api = _client(second, str(crm.base_url), "secret-key")
        _people(crm, 120)
        # 25 of the first page, then the pages 2 to 5 of 100 rows: 45 of 120.
        ids = _row_ids(api, Ground(crm), per_page=100)
        assert (len(ids), len(set(ids))) == (45, 45)
        assert len(_row_ids(api, Ground(crm), page=2, per_page=100)) == 20
        api._session.close()


def _people(crm: httpx.Client, count: int) -> None:
    rows = [{"emails": f"p{at}@example.com", "data": {}} for at in range(count)]
    for start in range(0, count, 60):
        bulk(crm, "contacts", rows[start : start + 60])


# reference 6, and the client's own reading of it


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        (400, "FreshsalesBadRequest"),
        (401, "FreshsalesUnauthorized"),
        (403, "FreshsalesAccessDenied"),
        (404, "FreshsalesNotFound"),
        (429, "FreshsalesRateLimited"),
        (500, "FreshsalesError"),  # and not its FreshsalesServerError: 501 and above only
    ],
)
def test_it_knows_the_sandboxs_errors_for_what_they_are(
    account: Account, generation: str, status: int, wanted: str
) -> None:
    limit = {"requests_per_hour": 1} if status == 429 else {}
    faults = Faults(error_before_write=1.0 if status == 500 else 0.0)
    with account(faults=faults, **limit) as crm:
        key = "wrong" if status == 401 else "secret-key"
        api = _client(GENERATIONS[generation][0], str(crm.base_url), key)
        raised = getattr(errors if generation == "first" else second_errors, wanted)
        if status == 429:
            api.selectors.get_users()
        with pytest.raises(raised) as caught:
            _provoke(api, status)
        assert type(caught.value) is raised
        api._session.close()


def _provoke(api: Any, status: int) -> None:
    if status in {400, 500}:
        api.contacts.create_contact(last_name="A")
    elif status == 403:
        api.contacts.list_contacts(1)
    elif status == 404:
        api.contacts.view_contact(402_999_999_999)
    else:
        api.selectors.get_users()
