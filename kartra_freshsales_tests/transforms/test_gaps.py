import polars as pl
import pytest

from kartra_freshsales.transforms.gaps import gaps, no_behavioural_tags
from kartra_freshsales.transforms.tag_taxonomy import EVENTS, tag_taxonomy
from kartra_freshsales_tests.transforms import audit_scenario as s

TRANSACTIONS = pl.DataFrame({"contact_key": ["ada@example.com", "ada@example.com", None]})
SUBSCRIPTIONS = pl.DataFrame({"contact_key": ["ada@example.com"]})


@pytest.fixture(scope="module")
def found() -> pl.DataFrame:
    people = s.contacts()
    return gaps(
        people, tag_taxonomy(people), transactions=TRANSACTIONS, subscriptions=SUBSCRIPTIONS
    )


@pytest.mark.parametrize(
    ("area", "touched"),
    [
        ("forms", 5),
        ("surveys", 5),
        ("webinars", 5),
        ("membership access", 1),
        ("sequences", 1),
        ("automations", 5),
        ("e-mail history", 5),
        ("lifetime spend", 1),
        ("subscriptions", 1),
        ("lists", 1),
        ("notes", 1),
        ("activities", 0),
        ("files", 0),
        ("pages and assets", None),
    ],
)
def test_each_gap_says_how_many_records_it_touches(
    found: pl.DataFrame, area: str, touched: int | None
) -> None:
    # S15, S38, S43, S50, S68, S79
    assert found.filter(area=area)["quantified"].to_list() == [touched]


def test_behavioural_history_is_reported_for_every_event_type(found: pl.DataFrame) -> None:
    # S65, S91
    history = found.filter(area="behavioural history")
    assert history.height == len(EVENTS)
    touched = dict(zip(EVENTS, history["quantified"], strict=True))
    assert touched["webinar"] == 2  # those with a tag for it
    assert touched["open"] == 5  # of nobody is it known


def test_every_gap_says_what_is_kept_and_what_to_do(found: pl.DataFrame) -> None:  # S15
    assert found.select("what", "kept", "what_to_do").null_count().row(0) == (0, 0, 0)


def test_more_records_do_not_change_the_words_that_were_acknowledged() -> None:  # S15
    few, many = s.contacts().head(3), s.contacts()
    texts = [gaps(each, tag_taxonomy(each)).select("area", "what") for each in (few, many)]
    assert texts[0].equals(texts[1])


def test_without_behavioural_tags_all_history_is_said_to_be_lost() -> None:  # S81
    people = s.with_tags("VIP", "Newsletter")
    taxonomy = tag_taxonomy(people)
    assert no_behavioural_tags(taxonomy)
    history = gaps(people, taxonomy).filter(area="behavioural history")
    assert history["quantified"].unique().to_list() == [2]
    assert not no_behavioural_tags(tag_taxonomy(s.contacts()))
