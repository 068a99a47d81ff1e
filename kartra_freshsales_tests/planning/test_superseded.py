"""A contact that was loaded and then merged into another stands there as a double."""

import polars as pl

from kartra_freshsales.ledger.identities import SCHEMA as IDENTITIES
from kartra_freshsales.mapping.decisions.duplicates import Duplicates
from kartra_freshsales.planning.departed import left_the_source
from kartra_freshsales.planning.superseded import MERGED, with_merged, with_what_to_do
from kartra_freshsales.transforms.survivorship import golden_contacts
from kartra_freshsales_tests.transforms.scenario import cleaned_contacts, contact, raw

STAYS, GONE, ELSEWHERE = "person.1@example.com", "person.2@example.com", "p3@example.com"
DECIDED = Duplicates.model_validate(
    {"merge": [{"contact": GONE, "into": STAYS, "why": "one person"}]}
)
LIVE = pl.DataFrame(
    [
        (module, key, number, "created", "{}", "{}", "", "jan", "live")
        for number, (module, key) in enumerate(
            [
                ("contacts", STAYS), ("contacts", GONE), ("contacts", ELSEWHERE),
                ("notes", f"note:{GONE}"), ("notes", f"note:{GONE}#2"), ("deals", "txn:1"),
            ],
            start=1,
        )
    ],
    schema=IDENTITIES,
    orient="row",
)  # fmt: skip
COMPLETE = pl.DataFrame(schema={"kind": pl.String, "batch": pl.String})


def left(decided: Duplicates) -> pl.DataFrame:
    """What is told of the six records when the exports hold two people."""
    rows = cleaned_contacts(raw(contact(STAYS), contact(GONE)))
    people = golden_contacts(rows, decided).records
    meant = people.select(
        pl.lit("contacts").alias("module"),
        pl.col("contact_key").alias("source_key"),
        pl.col("_batch").alias("batch"),
        "sources",
    )
    return with_merged(left_the_source(meant, LIVE, COMPLETE), people)


# S85, G2
def test_a_loaded_contact_that_was_merged_later_is_told_with_its_notes() -> None:
    told = left(DECIDED).filter(because=MERGED)
    assert told.select("module", "source_key", "freshsales_id").rows() == [
        ("contacts", GONE, 2),
        ("notes", f"note:{GONE}", 4),
        ("notes", f"note:{GONE}#2", 5),
    ]
    (what,) = with_what_to_do(told)["what to do"].unique()
    assert "mappings/duplicates.yaml" in what
    assert "rollback --record" in what


def test_what_left_the_source_otherwise_is_told_apart() -> None:
    others = left(DECIDED).filter(pl.col("because") != MERGED)
    assert set(others["source_key"]) == {ELSEWHERE, "txn:1"}
    assert with_what_to_do(others)["what to do"].str.contains("--left-source").all()


def test_without_the_decision_nothing_is_a_double() -> None:
    assert MERGED not in left(Duplicates())["because"].to_list()
