"""The table of calls in the sandbox's README is the table of calls of the sandbox."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Final, NamedTuple

import httpx
import pytest

from kartra_freshsales.sandbox.edition import BY_NAME
from kartra_freshsales.sandbox.routes import routes_of

MARKS: Final = {"D", "D2", "C", "L", "I"}
_ROW: Final = re.compile(r"\| `([A-Z]+) (/\S+)` \| ([^|]*) \| ([^|]*) \| ?([^|]*)\|")


class Row(NamedTuple):
    method: str
    path: str
    editions: list[str]
    marks: list[str]
    assumed: str


def readme() -> str:
    return files("kartra_freshsales.sandbox").joinpath("README.md").read_text("utf-8")


def rows() -> list[Row]:
    found = []
    for line in readme().splitlines():
        if line.startswith("| `"):
            match = _ROW.fullmatch(line)
            assert match, f"no row of five parts: {line}"
            method, path, editions, marks, assumed = match.groups()
            found.append(
                Row(method, path, editions.split(", "), marks.split(", "), assumed.strip())
            )
    return found


def spelled_out(path: str, edition: str) -> set[str]:
    """The paths a row stands for: ``M`` and ``E`` are several words."""
    modules = BY_NAME[edition].modules
    words = {"M": modules, "E": (*modules, "sales_activities")}
    for letter, names in words.items():
        if f"/{letter}" in (parts := re.findall(r"/[^/]+", path)):
            return {"".join(f"/{name}" if part == f"/{letter}" else part for part in parts)
                    for name in names}  # fmt: skip
    return {path}


# a call by this table's words and one by the routes' are the same call
@pytest.mark.parametrize("edition", list(BY_NAME))
def test_the_table_and_the_routes_agree_in_both_directions(edition: str) -> None:
    told = [
        (row.method, path)
        for row in rows()
        if edition.capitalize() in row.editions
        for path in spelled_out(row.path, edition)
    ]
    served = [(entry.method, entry.template) for entry in routes_of(BY_NAME[edition])]
    assert len(told) == len(set(told)), "a call stands in two rows"
    assert len(served) == len(set(served)), "a call is served twice"
    assert set(served) - set(told) == set(), "served, and not in the table"
    assert set(told) - set(served) == set(), "in the table, and not served"


def test_every_row_names_editions_and_evidence_that_exist() -> None:
    for row in rows():
        assert set(row.editions) <= {name.capitalize() for name in BY_NAME}, row
        assert row.marks, row
        assert set(row.marks) <= MARKS, row
    assert len(rows()) > 100


def test_a_call_that_is_only_inferred_says_what_was_assumed() -> None:
    for row in rows():
        assert row.assumed or row.marks != ["I"], row


# reference 2.4
def test_every_selector_the_table_names_answers(crm: httpx.Client) -> None:
    (row,) = (row for row in rows() if row.path == "/selector/:name")
    names = re.sub(r" \([^)]*\)", "", row.assumed).split(", ")
    assert len(names) == 19
    for name in names:
        answer = crm.get(f"/selector/{name}")
        key = "users" if name == "owners" else name
        assert list(answer.json()) == [key], name
    assert crm.get("/selector/users").status_code == 404


def test_rows_that_always_answer_one_status_do(crm: httpx.Client) -> None:
    checked = 0
    for row in rows():
        match = re.match(r"always (\d+)", row.assumed)
        if match is None or "Suite" not in row.editions:
            continue
        for path in spelled_out(row.path, "suite"):
            filled = path.replace(":id", "5").replace(":entity", "cm_course")
            answer = crm.request(row.method, filled, json={})
            assert answer.status_code == int(match.group(1)), (row.method, filled)
            checked += 1
    assert checked > 20
