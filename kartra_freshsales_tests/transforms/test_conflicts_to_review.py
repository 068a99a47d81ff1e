"""What people are shown where exports of one contact disagree."""

from kartra_freshsales.transforms.conflicts_to_review import conflicts_to_review
from kartra_freshsales_tests.transforms.scenario import contact, golden, raw


def test_a_conflict_is_shown_with_the_row_that_won_and_the_others() -> None:  # S75 G11
    found = golden(
        raw(
            contact("person.1@example.com", first_name="Person", city="Bonn"),
            contact("person.2@example.com", city="Bonn"),
            contact("person.1@example.com", first_name="Pers", city="Bonn"),
            contact("person.1@example.com", first_name="P", city="Kiel"),
        )
    )
    review = conflicts_to_review(found.conflicts, found.records)
    assert review.select("field", "values").rows() == [("city", 2), ("first_name", 3)]
    (_, *sources) = found.records.filter(contact_key="person.1@example.com")["sources"][0]
    for row in review.iter_rows(named=True):
        assert row["taken"] not in sources
        assert row["other rows"] == ", ".join(sorted(sources))
        assert "trace" in row["what to do"]


def test_the_review_of_conflicts_names_no_person_and_no_value() -> None:  # G18
    rows = (contact("person.1@example.com", city=city) for city in ("Bonn", "Kiel"))
    found = golden(raw(*rows))
    text = conflicts_to_review(found.conflicts, found.records).write_csv()
    assert not [word for word in ("person", "Bonn", "Kiel") if word in text]


def test_agreeing_exports_leave_nothing_to_review() -> None:
    rows = (contact("person.1@example.com", city="Bonn") for _ in range(2))
    found = golden(raw(*rows))
    assert conflicts_to_review(found.conflicts, found.records).is_empty()
