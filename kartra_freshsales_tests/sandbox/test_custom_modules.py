"""Custom modules, read from the seed file (reference 2.3, 9)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.scenario import messages

SEED = {
    "custom_modules": [
        {
            "entity_name": "cm_course",
            "singular_name": "Course",
            "plural_name": "Courses",
            "fields": [
                {"name": "cf_level", "label": "Level", "type": "dropdown"},
                {"name": "cf_seats", "type": "number"},
            ],
            "records": [
                {"name": "First", "custom_field": {"cf_level": "Beginner"}},
                {"name": "Second"},
                {"id": 77, "name": "Third"},
            ],
        },
        {
            "id": 5,
            "view_id": 6,
            "entity_name": "cm_room",
            "singular_name": "Room",
            "plural_name": "Rooms",
        },
    ]
}


@pytest.fixture
def seed_file(tmp_path: Path) -> Path:
    path = tmp_path / "seed.yaml"
    path.write_text(yaml.safe_dump(SEED), encoding="utf-8")
    return path


@pytest.fixture
def enterprise(account: Account, seed_file: Path) -> Iterator[httpx.Client]:
    with account(plan="enterprise", seed_file=seed_file) as client:
        yield client


def test_the_seed_files_modules_are_listed_and_read(enterprise: httpx.Client) -> None:
    page = enterprise.get("/settings/module_customizations").json()
    course, room = page["module_customizations"]
    assert (course["entity_name"], course["custom"]) == ("cm_course", True)
    assert (room["id"], room["plural_name"]) == (5, "Rooms")
    one = enterprise.get(f"/settings/module_customizations/{course['id']}").json()
    assert one == {"module_customization": course}
    assert enterprise.get("/settings/module_customizations/7").status_code == 404


def test_records_stand_under_the_name_of_their_entity(enterprise: httpx.Client) -> None:
    page = enterprise.get("/custom_module/cm_course/view/75000010001").json()
    assert list(page) == ["cm_course", "meta"]
    assert [record["name"] for record in page["cm_course"]] == ["First", "Second", "Third"]
    assert page["meta"] == {"total_pages": 1, "total": 3}
    first = page["cm_course"][0]
    assert first["custom_field"] == {"cf_level": "Beginner", "cf_seats": None}
    answer = enterprise.get(f"/custom_module/cm_course/{first['id']}")
    assert answer.json() == {"cm_course": first, "meta": None}
    assert (
        enterprise.get("/custom_module/cm_course/77").json()["cm_course"]["name"] == "Third"
    )
    query = {"page": 2, "per_page": 2}
    page = enterprise.get("/custom_module/cm_course/view/75000010001", params=query).json()
    assert [record["name"] for record in page["cm_course"]] == ["Third"]
    assert enterprise.get("/custom_module/cm_room/view/6").json()["cm_room"] == []


# reference 2.1, 3.2: as for every other module
def test_bare_lists_and_unknown_views_are_refused(enterprise: httpx.Client) -> None:
    for path, status in (
        ("/custom_module/cm_course", 403),
        ("/custom_module/cm_course/view/5", 403),
        ("/custom_module/cm_course/5", 404),
        ("/custom_module/cm_other", 404),
        ("/custom_module/cm_other/view/75000010001", 404),
        ("/settings/cm_other/forms", 404),
    ):
        assert enterprise.get(path).status_code == status


def test_the_form_of_a_module_names_its_fields(enterprise: httpx.Client) -> None:
    (form,) = enterprise.get("/settings/cm_course/forms").json()["forms"]
    (group,) = form["fields"]
    named = [(field["name"], field["label"], field["type"]) for field in group["fields"]]
    assert named == [("cf_level", "Level", "dropdown"), ("cf_seats", "cf_seats", "number")]
    (form,) = enterprise.get("/settings/contacts/forms").json()["forms"]
    assert form["field_class"] == "contacts"  # not taken for a custom module


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/settings/module_customizations"),
        ("PUT", "/settings/module_customizations/5"),
        ("DELETE", "/settings/module_customizations/5"),
        ("POST", "/custom_module/cm_course"),
        ("POST", "/custom_module/cm_course/bulk_destroy"),
        ("PUT", "/custom_module/cm_course/77"),
        ("DELETE", "/custom_module/cm_course/77"),
        ("POST", "/custom_module/cm_course/77/clone"),
        ("DELETE", "/custom_module/cm_course/77/forget"),
    ],
)
def test_nothing_can_be_written(enterprise: httpx.Client, method: str, path: str) -> None:
    answer = enterprise.request(method, path, json={"cm_course": {"name": "New"}})
    assert answer.status_code == 403
    assert messages(answer) == ["You are not authorized to perform this action."]
    page = enterprise.get("/custom_module/cm_course/view/75000010001").json()
    assert page["meta"]["total"] == 3


# reference 9: Enterprise only; 1: not seen on Classic
def test_other_plans_and_classic_have_none(account: Account, seed_file: Path) -> None:
    with account(plan="pro", seed_file=seed_file) as crm:
        assert crm.get("/settings/module_customizations").status_code == 403
        assert crm.get("/custom_module/cm_course/77").status_code == 403
    with account(edition="classic", seed_file=seed_file) as crm:
        assert crm.get("/settings/module_customizations").status_code == 404
    with account(plan="enterprise") as crm:
        page = crm.get("/settings/module_customizations").json()
        assert page == {"module_customizations": [], "meta": {"total": 0}}
