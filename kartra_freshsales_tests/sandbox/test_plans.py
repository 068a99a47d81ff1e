"""What a plan allows: figures with a source, quotas, caps and features."""

from __future__ import annotations

from datetime import date
from importlib.resources import files
from typing import Any

import httpx
import pytest
import yaml

from kartra_freshsales.sandbox.config import SandboxConfig, Switches
from kartra_freshsales.sandbox.plans import plan_of, published, read_plans
from kartra_freshsales.sandbox.server import SandboxProcess, main_options, parse
from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.scenario import made, messages, new_field

EDITION_OF = {name: plan.edition for name, plan in published().plans.items()}
SUITE = ("free", "growth", "pro", "enterprise")
CLASSIC = ("blossom", "garden", "estate", "forest")


# reference 5 and 9
def test_every_figure_has_a_day_and_a_source() -> None:
    facts = published()
    assert facts.read_on <= date(2026, 12, 31)
    assert all(facts.sources.values())
    assert {"field_caps", "requests_per_hour", "storage_gb_per_user"} <= set(facts.sources)


# reference 5
@pytest.mark.parametrize(
    ("plan", "hour", "storage"),
    [
        ("free", 1000, 0), ("growth", 1000, 2), ("pro", 2000, 5), ("enterprise", 5000, 100),
        ("blossom", 1000, None), ("garden", 1000, None), ("estate", 2000, None),
        ("forest", 5000, None),
    ],
)  # fmt: skip
def test_the_hour_and_the_room_for_files_are_the_plans(
    plan: str, hour: int, storage: int | None
) -> None:
    config = SandboxConfig(edition=EDITION_OF[plan], plan=plan)
    assert (config.hourly_limit, config.allows.storage_gb_per_user) == (hour, storage)
    assert config.minute_limit == (400 if plan in CLASSIC else 0)
    unlimited = SandboxConfig(edition=EDITION_OF[plan], plan=plan, requests_per_hour=0)
    assert (unlimited.hourly_limit, unlimited.minute_limit) == (0, 0)


# reference 5: the published columns, in the order of the table
@pytest.mark.parametrize(
    ("plan", "column"),
    [
        ("free", (0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
        ("growth", (150, 20, 30, 5, 5, 30, 30, 30, 0, 0)),
        ("pro", (250, 30, 40, 10, 10, 50, 50, 50, 10, 40)),
        ("enterprise", (630, 70, 250, 20, 30, 70, 70, 70, 50, 40)),
    ],
)
def test_the_caps_are_the_published_ones(plan: str, column: tuple[int, ...]) -> None:
    caps = plan_of(plan, "suite").field_caps
    names = (
        "total", "text", "dropdown", "textarea", "multi_select_dropdown", "number",
        "checkbox", "date", "lookup", "formula",
    )  # fmt: skip
    assert tuple(caps[name] for name in names) == column


def test_the_edition_decides_which_plans_there_are() -> None:
    assert (SandboxConfig().plan, SandboxConfig(edition="classic").plan) == (
        "growth", "garden",
    )  # fmt: skip
    for edition, plan in (("suite", "garden"), ("classic", "growth"), ("suite", "gold")):
        with pytest.raises(ValueError, match=f"unknown plan '{plan}' of {edition}"):
            SandboxConfig(edition=edition, plan=plan)
    with pytest.raises(ValueError, match="suite, classic"):
        SandboxConfig(edition="modern")
    assert main_options(edition="classic").plan == "garden"
    assert parse(["--edition", "classic", "--plan", "forest"]).hourly_limit == 5000
    assert SandboxProcess(edition="classic", plan="estate").config.hourly_limit == 2000


def told(**changes: Any) -> str:
    """The plans as published, one figure of Growth changed."""
    text = files("kartra_freshsales.sandbox").joinpath("plans.yaml").read_text("utf-8")
    plans = yaml.safe_load(text)
    plans["plans"]["growth"] |= changes
    return yaml.safe_dump({**plans, "plans": plans["plans"]})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"field_caps": {"total": 1}}, "a cap for each"),
        ({"field_caps": {**plan_of("pro", "suite").field_caps, "text": 31}}, "the sum"),
        ({"edition": "modern"}, "unknown edition"),
        ({"unique_fields": {"contacts": 4}}, "each module"),
        ({"requests_per_hour": -1}, "below 0"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_figures_that_cannot_be_right_are_refused_when_read(
    changes: dict[str, Any], words: str
) -> None:
    assert read_plans(told()).plans == published().plans
    with pytest.raises(ValueError, match=words):
        read_plans(told(**changes))


def test_a_figure_without_a_source_is_refused_when_read() -> None:
    plans = yaml.safe_load(told())
    del plans["sources"]["field_caps"]
    with pytest.raises(ValueError, match="field_caps"):
        read_plans(yaml.safe_dump(plans))


# reference 5: 400 a minute on Classic, whatever the hour has left
def test_classic_has_a_limit_per_minute(account: Account) -> None:
    now = [1_800_000_000.0]
    with account(clock=lambda: now[0], edition="classic", requests_per_hour=None) as client:
        found = [client.get("/selector/owners").status_code for _ in range(401)]
        assert (found[:400], found[400]) == ([200] * 400, 429)
        now[0] += 61
        assert client.get("/selector/owners").status_code == 200


# reference 5: Sprout has no API
def test_sprout_has_no_api(account: Account) -> None:
    with account(edition="classic", plan="sprout") as client:
        for method, path in (
            ("GET", "/selector/owners"),
            ("POST", "/leads"),
            ("GET", "/x"),
        ):
            assert client.request(method, path, json={}).status_code == 403
        root = str(client.base_url)
        assert httpx.get(f"{root}/selector/owners").status_code == 401


# reference 9
@pytest.mark.parametrize("plan", SUITE)
def test_pipelines_and_currencies_are_several_from_pro_on(
    account: Account, plan: str
) -> None:
    several = plan in {"pro", "enterprise"}
    with account(plan=plan) as client:
        pipelines = client.get("/selector/deal_pipelines").json()["deal_pipelines"]
        currencies = client.get("/selector/currencies").json()["currencies"]
    assert (len(pipelines) > 1, len(currencies) > 1) == (several, several)


# reference 9
@pytest.mark.parametrize("plan", SUITE)
def test_the_product_catalogue_begins_with_pro(account: Account, plan: str) -> None:
    with account(plan=plan) as client:
        answer = client.post("/cpq/products", json={"product": {"name": "Course"}})
        assert (answer.status_code == 403) is (plan in {"free", "growth"})


# reference 9
@pytest.mark.parametrize("plan", SUITE)
def test_custom_modules_are_for_enterprise(account: Account, plan: str) -> None:
    with account(plan=plan) as client:
        answer = client.get("/settings/module_customizations")
        assert answer.status_code == (200 if plan == "enterprise" else 403)


# reference 9: the plan that carries lists is not proven
@pytest.mark.parametrize("plan", SUITE)
def test_lists_are_there_on_all_but_free_unless_a_switch_says_otherwise(
    account: Account, plan: str
) -> None:
    for lists_on, has in (
        (None, plan != "free"), ("enterprise", plan == "enterprise"), ("", False),
    ):  # fmt: skip
        switches = Switches() if lists_on is None else Switches(lists_on=lists_on)
        with account(plan=plan, switches=switches) as client:
            assert client.get("/lists").status_code == (200 if has else 403)
            answer = client.post("/lists", json={"name": "a"})
            assert answer.status_code == (200 if has else 403)
    with pytest.raises(ValueError, match="gold"):
        Switches(lists_on="gold")


# reference 4: 4 on contacts and 2 on accounts; on Classic the older text, 2 a module
@pytest.mark.parametrize(
    ("edition", "module", "most"),
    [
        ("suite", "contacts", 4), ("suite", "sales_accounts", 2),
        ("classic", "contacts", 2), ("classic", "sales_accounts", 2),
        ("classic", "leads", 2),
    ],
)  # fmt: skip
def test_unique_fields_are_capped_by_module(
    account: Account, edition: str, module: str, most: int
) -> None:
    with account(edition=edition) as client:
        answers = [
            new_field(client, module, label=f"Key {at}", type="text", unique=True)
            for at in range(most + 1)
        ]
        assert [item.status_code for item in answers] == [200] * most + [400]
        assert messages(answers[-1]) == ["You have reached the limit of unique fields"]
        for kind in ("dropdown", "date", "checkbox", "textarea"):
            answer = new_field(
                client, module, label=kind, type=kind, unique=True, choices=["A"]
            )
            assert answer.status_code == 400


def test_unique_values_hold_within_a_module_and_pass_to_the_next_holder(
    account: Account,
) -> None:
    with account(edition="classic") as client:
        for module in ("leads", "contacts"):
            new_field(client, module, label="Key", type="text", unique=True)
            made(client, module, email="a@example.com", custom_field={"cf_key": "K"})
        body = {"email": "b@example.com", "custom_field": {"cf_key": "k"}}
        answer = client.post("/leads", json={"lead": body})
        assert messages(answer) == ["Key has already been taken"]


# reference 5, 12: caps of Classic are assumed, the strictest column of Suite
@pytest.mark.parametrize("plan", CLASSIC)
def test_classic_is_capped_as_growth_is(account: Account, plan: str) -> None:
    caps = plan_of(plan, "classic").field_caps
    assert caps == plan_of("growth", "suite").field_caps
    with account(edition="classic", plan=plan) as client:
        answers = [
            new_field(client, "leads", label=f"Area {at}", type="textarea").status_code
            for at in range(caps["textarea"] + 1)
        ]
    assert answers == [200] * caps["textarea"] + [400]
