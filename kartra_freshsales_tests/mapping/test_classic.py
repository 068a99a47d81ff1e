"""What Classic asks of a map: leads of their own, no lists, no stages of contacts."""

import json

import polars as pl
import pytest
from pydantic import ValidationError

from kartra_freshsales.freshsales.metadata import Choice, Field, Metadata
from kartra_freshsales.mapping.decisions.destination import Destination
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales.mapping.names_in_use import names_in_use
from kartra_freshsales.mapping.objects import object_map
from kartra_freshsales.mapping.payloads import intended
from kartra_freshsales.mapping.routing import (
    HAS_DEALS,
    STANDS_THERE,
    Standing,
    routes,
    routing_summary,
    standing_in,
)
from kartra_freshsales_tests.mapping import scenario
from kartra_freshsales_tests.mapping.scenario import ANN, DORA, LOOKUPS, payload, problem

LEAD_STAGES = {"New": 801, "Contacted": 802}


def classic(**areas: object) -> Mapping:
    target = {"edition": "classic", "plan": "garden"}
    return Mapping.model_validate({"destination": target, **areas})


def built(
    mapping: Mapping | None = None,
    *,
    standing: Standing | None = None,
    built_in: frozenset[str] = frozenset(),
    subscriptions: pl.DataFrame | None = None,
    stages: dict[str, int] | None = None,
) -> pl.DataFrame:
    lookups = LOOKUPS.__class__(
        **vars(LOOKUPS)
        | {
            "lead_stages": LEAD_STAGES if stages is None else stages,
            "built_in": {"leads": built_in},
        }
    )
    return intended(
        scenario.contacts(),
        scenario.accounts(),
        scenario.transactions(),
        scenario.subscriptions() if subscriptions is None else subscriptions,
        mapping or classic(),
        lookups,
        edition="classic",
        standing=standing,
    )


def module_of(rows: pl.DataFrame, key: str) -> str:
    people = rows.filter(pl.col("module").is_in(["contacts", "leads"]))
    return str(people.filter(pl.col("source_key") == key).item(0, "module"))


# S23
def test_a_lead_stands_in_its_lead_stage_and_has_no_lifecycle() -> None:
    rows = built()
    assert module_of(rows, DORA) == "leads"
    lead = payload(rows, DORA)
    assert lead["lead_stage_id"] == LEAD_STAGES["New"]
    assert not {"lifecycle_stage_id", "contact_status_id", "sales_account"} & set(lead)
    assert not {"lifecycle_stage_id", "lead_stage_id"} & set(payload(rows, ANN, "contacts"))


# S95
def test_a_lead_stage_the_account_lacks_is_a_problem_and_is_named() -> None:
    rows = built(stages={"Fresh": 1})
    assert problem(rows, DORA) == "stage_unknown"
    lookups = LOOKUPS.__class__(**vars(LOOKUPS) | {"lead_stages": {"Newer": 1}})
    missing = names_in_use(classic(), lookups).filter(~pl.col("found"))
    assert ("lead stage", "New", False, "Newer", "routing.yaml") in missing.rows()


# S95: Classic has no selector of lead stages
def test_lead_stages_are_the_choices_of_the_leads_own_field() -> None:
    field = Field(
        name="lead_stage_id",
        default=True,
        choices=[Choice(id=801, value="New"), Choice(id="802", value="Contacted")],
    )
    assert Metadata(fields={"leads": [field]}).lookups().lead_stages == LEAD_STAGES


# S57, S59: what a lead cannot hold stands in a field, so that a refusal is never lost
def test_the_consent_of_a_lead_stands_in_a_field_of_its_own() -> None:
    strict = {"edition": "classic", "plan": "garden", "jurisdiction": "can_spam"}
    lead = payload(built(classic(destination=strict)), DORA)
    assert "subscription_status" not in lead
    assert lead["cf_kartra_consent"]
    shown = payload(built(built_in=frozenset({"subscription_status"})), DORA)
    assert "subscription_status" in shown


# S26, S36: deals hang on contacts
def test_who_has_a_subscription_is_no_lead() -> None:
    running = scenario.subscriptions(scenario.subscription("1", DORA))
    rows = built(subscriptions=running)
    assert module_of(rows, DORA) == "contacts"
    assert problem(rows, "sub:1") is None
    mapping = classic(subscriptions={"as": "note"})
    assert module_of(built(mapping, subscriptions=running), DORA) == "leads"
    table = routes(
        scenario.contacts(), scenario.transactions(), classic(), subscriptions=running
    )
    told = dict(table.select("contact_key", "no_lead").iter_rows())
    assert told[DORA] == HAS_DEALS


# S9, S84: a converted lead is a contact for good
def test_who_stands_there_as_a_contact_is_no_lead() -> None:
    there = Standing(contacts=frozenset({DORA}))
    assert module_of(built(standing=there), DORA) == "contacts"
    table = routes(scenario.contacts(), scenario.transactions(), classic(), standing=there)
    assert dict(table.select("contact_key", "no_lead").iter_rows())[DORA] == STANDS_THERE
    both = Standing(contacts=frozenset({DORA}), leads=frozenset({DORA}))
    assert module_of(built(standing=both), DORA) == "leads"


# S29: never a lead and a contact for one person
def test_who_stands_there_as_a_lead_waits_for_the_conversion() -> None:
    rows = built(standing=Standing(leads=frozenset({ANN})))
    assert problem(rows, ANN) == "stands_as_lead"
    assert "convert the lead" in rows.filter(problem="stands_as_lead").item(0, "remedy")
    deals = rows.filter(pl.col("module") == "deals")
    of_ann = [json.loads(text).get("contact") == ANN for text in deals["payload"]]
    assert set(deals.filter(pl.Series(of_ann))["problem"]) == {"parent_refused"}


def test_the_suite_asks_nobody_where_people_stand() -> None:
    there = Standing(contacts=frozenset({DORA}), leads=frozenset({ANN}))
    table = routes(scenario.contacts(), scenario.transactions(), Mapping(), standing=there)
    assert table["no_lead"].null_count() == table.height
    assert "leads" in set(table["route_module"])


def test_people_are_told_apart_by_the_snapshot() -> None:
    snapshot = pl.DataFrame(
        {
            "module": ["contacts", "leads", "deals"],
            "natural_key": ["a@example.com", "b@example.com", "A deal"],
        }
    )
    assert standing_in(snapshot) == Standing(
        frozenset({"a@example.com"}), frozenset({"b@example.com"})
    )


# S9
def test_the_summary_of_the_routing_says_where_classic_differs() -> None:
    there = scenario.contacts()
    table = routing_summary(there, scenario.transactions(), classic())
    assert table["contacts"].sum() == there.height
    assert "no_lead" in table.columns


# S25, S30: the company's name waits on the lead
def test_a_lead_with_a_company_carries_its_name() -> None:
    rules = [{"name": "all", "module": "leads", "lead_stage": "Contacted"}]
    rows = built(
        classic(routing={"rules": rules}), standing=Standing(leads=frozenset({ANN}))
    )
    people = rows.filter(module="leads")
    named = [
        record
        for text in people["payload"]
        if "company_name" in (record := json.loads(text))
    ]
    assert named
    names = {
        json.loads(text)["name"] for text in rows.filter(module="sales_accounts")["payload"]
    }
    assert {record["company_name"] for record in named} <= names
    assert all(record["lead_stage_id"] == LEAD_STAGES["Contacted"] for record in named)


# S49, S50
def test_lists_become_a_field_and_the_objects_say_so() -> None:
    assert classic().lists_become == "multi_select"
    assert classic(lists={"as": "drop"}).lists_become == "drop"
    assert Mapping().lists_become == "list"
    assert built().filter(module="lists").is_empty()
    losses = dict(object_map(classic()).select("object", "loss").iter_rows())
    assert "Classic has none" in losses["List"]
    assert "lifecycle stage" in losses["Contact"]


# S28: no source says that a conversion carries tags along
def test_tags_stand_in_a_field_too_so_that_a_conversion_keeps_them() -> None:
    rows = built()
    tagged = [
        json.loads(text)
        for text in rows.filter(pl.col("module").is_in(["contacts", "leads"]))["payload"]
        if "tags" in json.loads(text)
    ]
    assert tagged
    assert all(r["cf_kartra_tags"] == "; ".join(r["tags"]) for r in tagged)


@pytest.mark.parametrize(
    ("edition", "plan"), [("classic", "growth"), ("suite", "garden"), ("classic", "pro")]
)
def test_a_plan_of_the_other_edition_is_refused(edition: str, plan: str) -> None:
    with pytest.raises(ValidationError, match="does not exist in edition"):
        Destination.model_validate({"edition": edition, "plan": plan})


# S51: caps nobody publishes can be set
def test_bulk_calls_and_field_caps_can_be_set_by_hand() -> None:
    target = Destination(edition="classic", plan="forest")
    assert target.bulk_endpoints == {"contacts", "leads"}
    assert target.caps["text"] == 20
    told = target.model_copy(update={"bulk": ("deals",), "field_caps": {"text": 99}})
    assert told.bulk_endpoints == {"deals"}
    assert (told.caps["text"], told.caps["total"]) == (99, target.caps["total"])
    assert Destination().bulk_endpoints == {"sales_accounts", "contacts", "deals"}
