"""The sandbox over real HTTP never differs from a simple model, whatever is done to it."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import Any, Final

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from kartra_freshsales.sandbox.config import Switches
from kartra_freshsales_tests.sandbox.conftest import Account
from kartra_freshsales_tests.sandbox.model import KEY, Shelf
from kartra_freshsales_tests.sandbox.scenario import bulk, view_id

ALL: Final = {"contacts": "All Contacts", "sales_accounts": "All Accounts"}
Values = dict[str, str]

WORDS: Final = ("a", "A", "b", "B", "c", "C", "d", "e", "f")  # few: keys shall meet
MODULES: Final = st.sampled_from(sorted(ALL))
PICKS: Final = st.integers(0, 39)
DEEDS: Final = st.sampled_from(["delete", "restore", "forget"])
SORTS: Final = st.sampled_from(["id", "created_at", "updated_at", "name"])
WAYS: Final = st.sampled_from(["asc", "desc"])


def _key(module: str, word: str) -> str:
    return f"{word}@example.com" if module == "contacts" else f"Name {word}"


@st.composite
def _sent(draw: st.DrawFn, *, keyed: bool = True) -> tuple[str, Values]:
    """A module and what is sent to it; without ``keyed`` the key may be missing."""
    module = draw(MODULES)
    values = {"city": draw(st.sampled_from(["Oslo", "Rome"]))}
    if module == "contacts":
        values["last_name"] = draw(st.sampled_from(WORDS))
    if keyed or draw(st.booleans()):
        values[KEY[module]] = _key(module, draw(st.sampled_from(WORDS)))
    return module, values


@st.composite
def _batch(draw: st.DrawFn) -> tuple[str, list[tuple[str, str]]]:
    rows = st.tuples(st.sampled_from(WORDS), st.sampled_from(["Oslo", "Rome"]))
    return draw(MODULES), draw(st.lists(rows, min_size=1, max_size=6))


class Comparison(RuleBasedStateMachine):
    """Does the same to an account and to the model, and looks at both."""

    def __init__(self, account: Account) -> None:
        super().__init__()
        self.stack = ExitStack()
        opened = account(switches=Switches(restore_call=True))
        self.crm: httpx.Client = self.stack.enter_context(opened)
        self.shelves = {module: Shelf(module) for module in ALL}
        self.views = {
            (module, binned): view_id(self.crm, module, "Recycle Bin" if binned else name)
            for module, name in ALL.items()
            for binned in (False, True)
        }
        self.touched = "contacts"

    def teardown(self) -> None:
        self.stack.close()

    # what is done

    @rule(sent=_sent())
    def create(self, sent: tuple[str, Values]) -> None:
        module, values = sent
        shelf = self._shelf(module)
        answer = self.crm.post(f"/{module}", json=values)
        if shelf.may_hold(values[KEY[module]]):
            shelf.make(self._new(module, answer, 200), values)
        else:
            assert answer.status_code == 400

    @rule(sent=_sent())
    def upsert(self, sent: tuple[str, Values]) -> None:
        module, values = sent
        shelf, key = self._shelf(module), values.pop(KEY[module])
        singular = module.removesuffix("s")
        identifier = {"emails" if module == "contacts" else "name": key}
        body = {"unique_identifier": identifier, singular: values}
        answer = self.crm.post(f"/{module}/upsert", json=body)
        standing = shelf.holder(key)
        if standing is None:
            shelf.make(self._new(module, answer, 201), {**values, KEY[module]: key})
        elif standing.binned:
            assert answer.status_code == 400
        else:
            assert (answer.status_code, answer.json()[singular]["id"]) == (200, standing.id)
            shelf.change(standing, values)

    @rule(sent=_sent(keyed=False), pick=PICKS)
    def update(self, sent: tuple[str, Values], pick: int) -> None:
        module, values = sent
        shelf, record_id = self._shelf(module), self._picked(module, pick)
        answer = self.crm.put(f"/{module}/{record_id}", json=values)
        standing = shelf.live(record_id)
        if standing is None:
            assert answer.status_code == 404
        elif shelf.may_hold(values.get(KEY[module]), standing):
            assert answer.status_code == 200
            shelf.change(standing, values)
        else:
            assert answer.status_code == 400

    @rule(module=MODULES, pick=PICKS, deed=DEEDS)
    def delete_restore_or_forget(self, module: str, pick: int, deed: str) -> None:
        # One rule: Hypothesis leaves whole rules out of a run, and these need each other.
        shelf = self._shelf(module)
        record_id = self._picked(module, pick, binned=deed == "restore")
        path = f"/{module}/{record_id}"
        standing = shelf.rows.get(record_id)
        if deed == "forget":
            answer, possible = self.crm.delete(f"{path}/forget"), standing is not None
        elif deed == "restore":
            answer = self.crm.put(f"{path}/restore")
            possible = standing is not None and standing.binned
        else:
            answer = self.crm.request("DELETE", path, json=True)
            possible = shelf.live(record_id) is not None
        assert answer.status_code == (200 if possible else 404)
        if possible and standing is not None:
            if deed == "forget":
                shelf.forget(record_id)
            else:
                shelf.change(standing, binned=deed == "delete")

    @initialize()
    def begin(self) -> None:
        for module in ALL:
            self.bulk_upsert((module, [("a", "Oslo"), ("b", "Rome"), ("c", "Oslo")]))

    @rule(batch=_batch())
    def bulk_upsert(self, batch: tuple[str, list[tuple[str, str]]]) -> None:
        module, rows = batch
        shelf = self._shelf(module)
        identifier = "emails" if module == "contacts" else "name"
        sent = [
            {identifier: _key(module, word), "data": {"city": city}} for word, city in rows
        ]
        known = set(shelf.seen())
        status = bulk(self.crm, module, sent)
        view = f"/{module}/view/{self.views[module, False]}"
        query = {"per_page": "100", "sort": "id", "sort_type": "asc"}
        shown = self.crm.get(view, params=query).json()[module]
        fresh = [item["id"] for item in shown if item["id"] not in known]
        failed = []
        for at, (word, city) in enumerate(rows):
            standing = shelf.holder(_key(module, word))
            if standing is None:
                values = {KEY[module]: _key(module, word), "city": city}
                shelf.make(fresh.pop(0), values)
            elif standing.binned:
                failed.append(at)
            else:
                shelf.change(standing, {"city": city})
        assert fresh == []
        assert [row["index"] for row in status["data"]["failed"]] == failed
        assert status["data"]["success"] == len(rows) - len(failed)

    # what is looked at

    @rule(module=MODULES, pick=PICKS)
    def read(self, module: str, pick: int) -> None:
        record_id = self._picked(module, pick)
        answer = self.crm.get(f"/{module}/{record_id}")
        standing = self.shelves[module].live(record_id)
        assert answer.status_code == (404 if standing is None else 200)
        if standing is not None:
            self._same(module, answer.json()[module.removesuffix("s")])

    @rule(module=MODULES, binned=st.booleans(), sort=SORTS, way=WAYS)
    def turn_the_pages(self, *, module: str, binned: bool, sort: str, way: str) -> None:
        wanted = self.shelves[module].ordered(sort, way, binned=binned)
        for per_page in (0, 1, 2, 3, 5, 25, 100, 1000):
            pages = -(-len(wanted) // min(per_page, 100)) if per_page else 0
            found: list[int] = []
            query = {"sort": sort, "sort_type": way, "per_page": per_page}
            for page in range(1, pages + 2):
                answer = self._page(module, binned=binned, query={**query, "page": page})
                assert answer["meta"]["total"] == len(wanted)
                assert answer["meta"]["total_pages"] == pages
                assert len(answer[module]) == min(per_page, len(wanted) - len(found))
                found += [item["id"] for item in answer[module]]
            assert found == (wanted if per_page else [])

    @invariant()
    def both_views_of_what_was_touched_are_the_models(self) -> None:
        module = self.touched
        for binned in (False, True):
            shown = self._page(module, binned=binned, query={"per_page": 100})[module]
            wanted = self.shelves[module].ordered("updated_at", "desc", binned=binned)
            assert [item["id"] for item in shown] == wanted
            for item in shown:
                self._same(module, item)

    # words of the above

    def _shelf(self, module: str) -> Shelf:
        self.touched = module
        return self.shelves[module]

    def _picked(self, module: str, pick: int, *, binned: bool = False) -> int:
        """Any id there ever was, though mostly one that something can be done to."""
        shelf = self.shelves[module]
        fitting = shelf.ordered("id", "asc", binned=binned) if pick % 4 else []
        ids = fitting or shelf.seen()
        return ids[pick // 4 % len(ids)]

    def _new(self, module: str, answer: httpx.Response, status: int) -> int:
        assert answer.status_code == status, answer.text
        made = int(answer.json()[module.removesuffix("s")]["id"])
        assert made > max(self.shelves[module].seen(), default=0)
        return made

    def _page(self, module: str, *, binned: bool, query: dict[str, Any]) -> dict[str, Any]:
        view = self.views[module, binned]
        answer = self.crm.get(f"/{module}/view/{view}", params=query)
        assert answer.status_code == 200
        page: dict[str, Any] = answer.json()
        return page

    def _same(self, module: str, shown: dict[str, Any]) -> None:
        row = self.shelves[module].rows[shown["id"]]
        assert shown["is_deleted"] is row.binned
        assert {key: shown[key] for key in row.values} == row.values


def test_the_sandbox_never_differs_from_the_model(account: Account) -> None:
    run_state_machine_as_test(
        partial(Comparison, account),  # type: ignore[arg-type]  # any callable will do
        settings=settings(
            max_examples=14,
            stateful_step_count=60,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
