import polars as pl
import pytest

from kartra_freshsales.reports.gaps import gaps_report
from kartra_freshsales.reports.page import Report
from kartra_freshsales.reports.scope import scope_report
from kartra_freshsales.transforms.audit import contact_audit, records_to_review
from kartra_freshsales.transforms.export_columns import SCHEMA as COLUMNS
from kartra_freshsales.transforms.gaps import gaps
from kartra_freshsales.transforms.grading import GradingInputs, grading, machine_time
from kartra_freshsales.transforms.tag_taxonomy import tag_taxonomy
from kartra_freshsales_tests.reports.reading import EMAIL, Document, assert_self_contained
from kartra_freshsales_tests.transforms import audit_scenario as s

SCRIPT = "<script>alert(1)</script>"
RENAMED = ("Favourites", "spelt like it", "Correct the header.")
OWNERS = pl.DataFrame({"owner": [s.OWNER], "contacts": [1]})


def people() -> pl.DataFrame:
    """Two awkward tags on everybody: markup, and somebody's address."""
    awkward = pl.lit([SCRIPT, "=1+1", "from ada@example.com"])
    return s.contacts().with_columns(pl.col("tags").list.concat(awkward))


def columns() -> pl.DataFrame:
    return pl.DataFrame(
        [
            ("contacts", "email", True, 1, 1, 5, 5, 5, 16, False, None, None, None),
            ("contacts", "Favourite <b>", False, 1, 1, 5, 3, 2, 9, True, *RENAMED),
        ],
        schema=COLUMNS,
        orient="row",
    )


@pytest.fixture(scope="module")
def scope() -> Report:
    contacts = people()
    taxonomy = tag_taxonomy(contacts)
    return scope_report(
        audit=contact_audit(s.cleaned(), contacts, s.row_states()),
        taxonomy=taxonomy,
        gaps=gaps(contacts, taxonomy),
        records={"contacts": 5, "accounts": 1, "transactions": 1234},
        export_columns=columns(),
        coverage=pl.DataFrame({"column": ["email"], "decision": ["mapped"]}),
        owners=OWNERS,
        review=records_to_review(s.cleaned(), s.row_states()),
        grades=grading(GradingInputs(contacts=5, records=1240, requests=100)),
        machine_time=machine_time(100),
        plan="growth",
    )


@pytest.fixture(scope="module")
def document(scope: Report) -> Document:
    return assert_self_contained(scope.html)


def test_the_scope_is_one_page_that_loads_nothing(document: Document) -> None:  # S92
    assert "svg" in document.names


def test_markup_in_a_tag_is_shown_and_never_run(scope: Report, document: Document) -> None:
    # G14
    assert SCRIPT not in scope.html
    assert SCRIPT not in scope.markdown
    assert SCRIPT in [row[0] for row in document.rows("Tag taxonomy")]


def test_formulas_are_disarmed(document: Document) -> None:  # G14
    assert "'=1+1" in [row[0] for row in document.rows("Tag taxonomy")]


def test_no_contact_is_named(scope: Report) -> None:  # G18
    for text in (scope.html, scope.markdown):
        assert set(EMAIL.findall(text.replace("\\", ""))) == {s.OWNER}


def test_owners_are_named_early_so_that_users_can_be_made(document: Document) -> None:
    # S62, S102
    assert document.rows("Owners named in the exports") == [[s.OWNER, "1"]]


def test_the_figures_are_those_of_the_frames(document: Document) -> None:  # S85, S89
    audit = contact_audit(s.cleaned(), people(), s.row_states())
    shown = {row[0]: row[1] for row in document.rows("Contacts: raw against clean")}
    frame = audit.filter(area="raw and clean")
    assert shown == {
        row["name"]: f"{row['value']:,}" for row in frame.iter_rows(named=True)
    }
    taxonomy = {row[0]: row[1] for row in document.rows("Tag taxonomy")}
    assert taxonomy["Webinar Registered March"] == "2"
    assert document.rows("Custom fields")[0][1] == "Favourite <b>"


def test_both_forms_say_the_same(scope: Report, document: Document) -> None:
    for caption in document.tables:
        assert f"**{caption}**" in scope.markdown
    assert "1,234" in scope.html
    assert "1,234" in scope.markdown


@pytest.mark.parametrize(
    "said",
    [
        "bills per user",  # S87
        "Freddy AI",  # S70
        "500 are included once",  # S72
        "charged per minute, without a cap",  # S72
        "File storage per user",  # S73
        "log in to Kartra",  # S78
        "most variable part",  # S116
        "consent is widened",  # S60, S69
        "2–4 weeks",  # S7
        "B · Standard",  # S6
        "67%",  # S5
    ],
)
def test_the_scope_says_what_a_customer_must_know(scope: Report, said: str) -> None:
    assert said in scope.html
    assert said in scope.markdown


def test_rows_to_review_are_found_by_file_and_line(document: Document) -> None:  # S100
    rows = document.rows("Rows to review before the import")
    assert ["no usable e-mail", "jan", "contacts.csv", "2", "8, 9"] in [r[:5] for r in rows]


def test_missing_parts_are_left_out() -> None:
    nobody = s.contacts().head(0)
    taxonomy = tag_taxonomy(nobody)
    audit = contact_audit(nobody, nobody, s.row_states().head(0))
    bare = scope_report(audit=audit, taxonomy=taxonomy, gaps=gaps(nobody, taxonomy))
    assert_self_contained(bare.html)
    assert "None of your tags speaks of an event" in bare.markdown  # S81


def test_the_gap_inventory_is_a_document_of_its_own() -> None:  # S15
    found = gaps(people(), tag_taxonomy(people()))
    report = gaps_report(found)
    assert_self_contained(report.html)
    for area in ("forms", "sequences", "membership access", "lifetime spend"):
        assert f"| {area} |" in report.markdown
    assert report.table.equals(found)
