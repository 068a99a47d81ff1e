"""Slices and buckets: what is too large to hold at once comes out as if held at once."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from kartra_freshsales.kartra.front_door import read_batch
from kartra_freshsales.kartra.kinds import ExportKind
from kartra_freshsales.mapping.decisions.duplicates import Duplicates
from kartra_freshsales.mapping.source_words import LEGAL_SUFFIXES
from kartra_freshsales.sample import generate
from kartra_freshsales.transforms import in_slices, text
from kartra_freshsales.transforms.companies import account_keys, name_key
from kartra_freshsales.transforms.contacts import clean_contacts, contact_evidence
from kartra_freshsales.transforms.names_in_cells import separator
from kartra_freshsales.transforms.records import (
    Finding,
    Golden,
    GoldenTables,
    summed,
)
from kartra_freshsales.transforms.spool import Spool
from kartra_freshsales.transforms.subscriptions import clean_subscriptions
from kartra_freshsales.transforms.survivorship import (
    golden_contact_tables,
    golden_contacts,
)
from kartra_freshsales.transforms.transactions import (
    clean_transactions,
    golden_transaction_tables,
    golden_transactions,
)
from kartra_freshsales_tests.transforms.scenario import RULES, contact, raw

AT_ONCE = 31
"""Far fewer rows than any file of the sample has."""
CLEAN = {
    ExportKind.CONTACTS: clean_contacts,
    ExportKind.TRANSACTIONS: clean_transactions,
    ExportKind.SUBSCRIPTIONS: clean_subscriptions,
}


@pytest.fixture(scope="module")
def batches(
    tmp_path_factory: pytest.TempPathFactory,
) -> list[dict[ExportKind, pl.DataFrame]]:
    """The raw rows of two overlapping batches."""
    inbox = tmp_path_factory.mktemp("inbox")
    generate(inbox, contacts=400, batches=2)
    folders = sorted(path for path in inbox.iterdir() if path.is_dir())
    return [dict(read_batch(folder, batch=folder.name).frames) for folder in folders]


@pytest.fixture(scope="module")
def whole(batches: list[dict[ExportKind, pl.DataFrame]]) -> dict[ExportKind, pl.DataFrame]:
    """The cleaned rows of both, every batch at once."""
    return {
        kind: pl.concat([clean(raws[kind], RULES).rows for raws in batches], how="diagonal")
        for kind, clean in CLEAN.items()
    }


@pytest.fixture(params=["in memory", "on disk"])
def spool(request: pytest.FixtureRequest, tmp_path: Path) -> Spool:
    return Spool(tmp_path if request.param == "on disk" else None, AT_ONCE, held=0)


@pytest.mark.parametrize("kind", CLEAN)
def test_cleaning_by_slices_is_cleaning_at_once(
    kind: ExportKind, batches: list[dict[ExportKind, pl.DataFrame]], spool: Spool
) -> None:
    rows = batches[0][kind]
    assert rows.height > AT_ONCE
    at_once = CLEAN[kind](rows, RULES)
    sliced = in_slices.cleaned(kind, rows.lazy(), RULES, spool)
    assert_frame_equal(sliced.rows.collect(), at_once.rows)
    assert_frame_equal(
        sliced.set_aside.collect(),
        at_once.set_aside,
        check_row_order=kind != "transactions",
    )
    assert sorted(map(str, sliced.warnings)) == sorted(map(str, at_once.warnings))


def test_a_slice_reads_dates_and_lists_by_what_its_whole_file_tells() -> None:
    # S44 S57: only the last row tells the day from the month, and the separator.
    early = contact("a@example.com", date_joined="03/04/2026", tags="a, b")
    last = contact("b@example.com", date_joined="25/04/2026", tags="c, d; e")
    frame = raw(*[early] * AT_ONCE, last)
    rows = in_slices.cleaned(
        ExportKind.CONTACTS, frame.lazy(), RULES, Spool(at_once=AT_ONCE)
    ).rows.collect()
    assert rows.height == AT_ONCE + 1
    assert rows["date_joined"].dt.month().unique().to_list() == [4]
    assert rows["tags"].to_list()[0] == ["a, b"]


def in_order(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows in an order of their own: buckets follow one another in no order of records."""
    keys = [n for n in ("_kind", "contact_key", "deal_key", "field") if n in frame.columns]
    return frame.sort(
        *keys, *(n for n in ("_batch", "_file", "_row") if n in frame.columns)
    )


def assert_same(tables: GoldenTables, golden: Golden) -> None:
    found = tables.collected()
    for name in ("records", "row_states", "origins", "conflicts"):
        assert_frame_equal(in_order(getattr(found, name)), in_order(getattr(golden, name)))
    assert found.findings == golden.findings


DECIDED: Any = {
    "merge": [
        # One that moves rows into another bucket, and one that moves nobody.
        {"contact": "gone", "into": "kept", "why": "One person"},
        {"contact": "nobody@example.com", "into": "kept", "why": "One person"},
    ]
}


@pytest.mark.parametrize("merging", [False, True])
def test_contacts_merged_in_buckets_are_contacts_merged_at_once(
    whole: dict[ExportKind, pl.DataFrame], spool: Spool, merging: bool
) -> None:
    # S11 S76 G11
    rows = whole[ExportKind.CONTACTS]
    gone, kept = rows["contact_key"].unique().sort().gather([3, 200])
    lines = [
        {key: {"gone": gone, "kept": kept}.get(value, value) for key, value in line.items()}
        for line in DECIDED["merge"]
    ]
    decided = Duplicates.model_validate({"merge": lines if merging else []})
    tables = golden_contact_tables(rows.lazy(), spool, decided)
    assert_same(tables, golden_contacts(rows, decided))
    assert len(tables.findings) == merging


def test_sales_merged_in_buckets_are_sales_merged_at_once(
    whole: dict[ExportKind, pl.DataFrame], spool: Spool
) -> None:
    # S36 S88: buyers and the sales of refunds are found whatever bucket they are in.
    people = golden_contacts(whole[ExportKind.CONTACTS]).records
    rows = whole[ExportKind.TRANSACTIONS]
    tables = golden_transaction_tables(rows.lazy(), people.lazy(), RULES, spool)
    assert_same(tables, golden_transactions(rows, people, RULES))
    linked = tables.records.filter(pl.col("refund_ids").list.len() > 0).collect()
    assert linked.height > 0


def test_a_fault_of_a_file_is_told_once_with_its_first_row() -> None:
    def fault(row: int | None, count: int, file: str | None = "a.csv") -> Finding:
        return Finding("is odd", file=file, row=row, count=count)

    assert summed([fault(9, 2), fault(4, 3)]) == (fault(4, 5),)
    # A statement about a file is no count of rows; one about decisions is.
    assert summed([fault(None, 1), fault(None, 1)]) == (fault(None, 1),)
    assert summed([fault(None, 1, None), fault(None, 2, None)]) == (fault(None, 3, None),)


_CELLS = st.lists(
    st.none() | st.text(alphabet='ab,;| "&mp;', max_size=12), min_size=1, max_size=8
)


@given(_CELLS)
@settings(max_examples=60, deadline=None)
def test_the_separator_learned_from_a_file_is_that_of_its_clean_cells(
    cells: list[str | None],
) -> None:
    # S44 S47
    frame = raw(*(contact("a@example.com", tags=cell) for cell in cells))
    cleaned, _ = text.clean_column(frame["tags"], RULES)
    told = contact_evidence(frame.lazy(), RULES).marks.get(("a.csv", "tags"))
    assert told == separator(cleaned)


@given(
    st.lists(st.text(max_size=20) | st.sampled_from(["A.B.C. Ltd", "Ltd and Co", "& Co"]))
)
@settings(max_examples=100, deadline=None)
def test_any_company_name_has_the_key_that_it_has_alone(names: list[str]) -> None:
    # S32
    keys = account_keys(pl.Series(names, dtype=pl.String), LEGAL_SUFFIXES).to_list()
    assert keys == [name_key(name, LEGAL_SUFFIXES) for name in names]
