"""What is built is accepted by a running account and reads back as it was sent."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from kartra_freshsales.freshsales.budget import Unlimited
from kartra_freshsales.freshsales.client import FreshsalesClient
from kartra_freshsales.freshsales.comparison import same
from kartra_freshsales.freshsales.metadata import read_metadata
from kartra_freshsales.freshsales.modules import RECORD_ENDPOINTS, Module
from kartra_freshsales.freshsales.records import INCLUDES, flatten, to_write
from kartra_freshsales.mapping.custom_fields import wanted_fields
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales.mapping.names_in_use import names_in_use
from kartra_freshsales.sandbox.server import SandboxProcess
from kartra_freshsales_tests.mapping import scenario
from kartra_freshsales_tests.mapping.scenario import BOB, built

DECISIONS = Mapping.model_validate(
    {
        "owners": {"remap": {"former-owner@example.com": "owner-south@example.com"}},
        "custom_fields": {
            "contacts": {
                "Favourite colour": {"kind": "checkbox", "choices": ["Red", "Green"]},
                "Newsletter": {"kind": "checkbox"},
            }
        },
        "lists": {"as": "multi_select"},
    }
)
LINKS = {"contact": "contact_ids", "sales_account": "sales_account_ids"}


@pytest.fixture(scope="module")
def client() -> Iterator[FreshsalesClient]:
    with (
        SandboxProcess(plan="growth", requests_per_hour=0) as sandbox,
        FreshsalesClient(
            sandbox.base_url, SecretStr(sandbox.api_key), budget=Unlimited()
        ) as client,
    ):
        yield client


def provision(client: FreshsalesClient) -> None:
    metadata = read_metadata(client, RECORD_ENDPOINTS)
    frames = (scenario.contacts(), scenario.transactions(), scenario.subscriptions())
    for field in wanted_fields(*frames, DECISIONS):
        body = {"label": field.label, "type": field.type, "internal_name": field.name}
        choices: list[Any] = [{"value": choice} for choice in field.choices]
        form = metadata.forms[field.endpoint][0]
        client.create_field(field.endpoint, form, {**body, "choices": choices})


def test_a_running_account_takes_every_record_and_keeps_every_field(
    client: FreshsalesClient,
) -> None:
    # S2 S13 S16 S56 S97 S108
    provision(client)
    lookups = read_metadata(client, RECORD_ENDPOINTS).lookups()
    assert names_in_use(DECISIONS, lookups)["found"].all()
    rows = built(DECISIONS, lookups=lookups)
    assert rows["problem"].null_count() == rows.height
    ids: dict[tuple[str, str], int] = {}
    differing = []
    for module, key, text in rows.select("module", "source_key", "payload").iter_rows():
        if module == "notes":
            continue
        endpoint, sent = Module(module).endpoint, json.loads(text)
        body = to_write(endpoint, sent, lambda of, name: ids.get((of, name)))
        number = int(str(client.create(endpoint, body)["id"]))
        ids[module, key] = number
        record, side_loads = client.record(endpoint, number, include=INCLUDES[endpoint])
        seen = flatten(endpoint, record, dict(side_loads))
        for name, value in sent.items():
            if name in LINKS:
                targets = [n for (_, known), n in ids.items() if known == value]
                arrived = seen[LINKS[name]] == targets
            else:
                arrived = same(name, value, seen.get(name)).equal
            if not arrived:
                differing.append((key, name, value, seen.get(name)))
    assert differing == []
    assert len(ids) == rows.filter(rows["module"] != "notes").height
    assert ("contacts", BOB) in ids
