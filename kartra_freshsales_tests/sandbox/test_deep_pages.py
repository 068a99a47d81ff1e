"""Pages that begin where the last one ended are the pages one gets by counting."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.sandbox.deep_pages import Rows
from kartra_freshsales.sandbox.state import Store

WHERES = ("deleted = 0", "deleted = 1", "deleted = 0 AND kind = 1")
ORDERS = ("id ASC", "id DESC", "updated_us ASC", "updated_us DESC", "created_us DESC")
SAME_NAMES = "name COLLATE NOCASE ASC, id ASC"

steps = st.one_of(
    st.tuples(st.just("add"), st.integers(0, 2)),
    st.tuples(st.just("touch"), st.integers(0, 40)),
    st.tuples(st.just("bin"), st.integers(0, 40)),
    st.tuples(st.just("forget"), st.integers(0, 40)),
    st.tuples(st.just("roll back"), st.just(0)),
    st.tuples(
        st.just("read"),
        st.sampled_from([(where, by) for where in WHERES for by in (*ORDERS, SAME_NAMES)]),
    ),
)


class Undone(Exception):
    """What a test rolls back with."""


def change(store: Store, deed: str, number: int, ids: list[int]) -> None:
    if deed == "add":
        ids.append(store.insert("contacts", f"Person {number}", None, number, {}).id)
    elif deed == "roll back":
        with suppress(Undone), store.transaction():
            store.insert("contacts", "Person 9", None, 0, {})
            raise Undone
    elif ids:
        record = store.get("contacts", ids[number % len(ids)])
        if record is None:
            return
        if deed == "forget":
            store.erase("contacts", record.id)
            return
        record.deleted = 1 if deed == "bin" else record.deleted
        store.save("contacts", record)


def counted(store: Store, rows: Rows, place: int, most: int) -> list[int]:
    found = store.sql.execute(
        f"SELECT id FROM contacts WHERE {rows.where} ORDER BY {rows.order}"
        " LIMIT ? OFFSET ?",
        (most, place),
    )
    return [row[0] for row in found]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 25), st.integers(1, 6), st.lists(steps, max_size=25))
def test_reading_on_gives_what_counting_gives(
    standing: int, most: int, taken: list[tuple[str, object]]
) -> None:
    store, ids = Store(), list[int]()
    places: dict[Rows, int] = {}
    for number in range(standing):
        change(store, "add", number % 3, ids)
    for deed, what in taken:
        if isinstance(what, int):
            change(store, deed, what, ids)
            continue
        assert isinstance(what, tuple)
        rows = Rows("contacts", what[0], (), what[1])
        for _ in range(3):
            place = places.get(rows, 0)
            page = store.pages.ids(rows, place, most, store.version("contacts"))
            assert page == counted(store, rows, place, most)
            places[rows] = place + len(page) if page else 0
    store.close()


def test_the_next_page_is_not_counted_out() -> None:
    store, said = Store(), list[str]()
    for number in range(30):
        change(store, "add", number % 3, [])
    rows = Rows("contacts", "deleted = 0", (), "id ASC")
    store.sql.set_trace_callback(said.append)
    for place in (0, 10, 20):
        store.pages.ids(rows, place, 10, store.version("contacts"))
    assert [line.rpartition("OFFSET ")[2] for line in said] == ["0", "0", "0"]
    said.clear()
    store.pages.ids(rows, 20, 10, None)
    assert said[0].endswith("OFFSET 20")
    store.close()
