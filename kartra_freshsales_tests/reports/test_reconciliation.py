import polars as pl
import pytest

from kartra_freshsales.reports.differences import spot_checks
from kartra_freshsales.reports.page import Report
from kartra_freshsales.reports.phase import phase_report
from kartra_freshsales_tests.reconcile.scenario import Changes
from kartra_freshsales_tests.reports import scenario as r
from kartra_freshsales_tests.reports.reading import EMAIL, Document, assert_self_contained

CHANGES: Changes = {
    r.DEAL: {"amount": "12.00"},
    r.CONTACT: {"first_name": "Other", "owner_id": 99},
}


@pytest.fixture(scope="module")
def good() -> Report:
    return r.report()


@pytest.fixture(scope="module")
def bad() -> Report:
    return r.report(CHANGES, r.OTHER_DEAL, rehearsal=False)


def test_a_faithful_load_says_so_at_the_top(good: Report) -> None:  # S104, S8
    assert_self_contained(good.html)
    assert '<section class="verdict good"' in good.html
    assert "**Passed.**" in good.markdown


def test_a_failed_load_gives_its_reasons(bad: Report) -> None:  # S8
    assert_self_contained(bad.html)
    assert '<section class="verdict bad"' in bad.html
    assert "fields equal (contacts)" in bad.html


def test_every_source_row_is_shown_in_its_state(good: Report) -> None:  # G4, S109
    rows = Document(good.html).rows("Rows by export and batch")
    assert rows[0] == ["contacts", "jan", "3", "1", "1", "0", "0", "1", "0", "yes"]
    assert rows[1] == ["transactions", "jan", "3", "2", "0", "1", "0", "0", "0", "yes"]
    assert "<svg" in good.html


def test_differences_name_module_line_field_and_cause_but_no_value(bad: Report) -> None:
    # G3, G18
    rows = Document(bad.html).rows("Differences")
    assert ["deals", "jan/export.csv:4", "amount", "wrong"] in rows
    assert ["contacts", "jan/export.csv:3", "first_name", "wrong"] in rows
    for text in (bad.html, bad.markdown):
        assert "Buyer" not in text
        assert "Other" not in text


def test_records_that_were_refused_are_listed_with_the_remedy(bad: Report) -> None:  # G13
    (row,) = Document(bad.html).rows("Records that were not written")
    assert row[:3] == ["deals", "jan/e.csv:5", "refused"]
    assert row[4] == "Correct the address."


def test_nobody_is_named(good: Report, bad: Report) -> None:  # G18
    for report in (good, bad):
        for text in (report.html, report.markdown):
            assert not EMAIL.findall(text.replace("\\", ""))
            assert "0123" not in text


def test_the_figures_are_those_of_the_counts(good: Report) -> None:  # S104
    rows = {row[0]: row[1:] for row in Document(good.html).rows("Records by module")}
    assert rows["deals"] == ["2", "1", "0", "0", "1", "0", "0", "1"]
    assert "1,234" in good.html  # requests: 1,200 + 30 + 4


def test_money_is_compared_per_currency(bad: Report) -> None:  # S88
    rows = {row[0]: row for row in Document(bad.html).rows("By currency")}
    assert rows["EUR"][-1] == "yes"
    assert rows["USD"][4:6] == ["12.50", "12.00"]
    assert rows["USD"][-1] == "no"


def test_wrong_owners_are_links_too(bad: Report) -> None:  # S18, S64
    assert ["contacts", "jan/export.csv:3", "wrong_owner"] in Document(bad.html).rows(
        "Broken links"
    )


@pytest.mark.parametrize(
    "said",
    [
        "below 14 %",  # S105
        "started no e-mail, sequence, workflow or automation",  # S71
        "Digest of thresholds and measures",  # G14
    ],
)
def test_the_report_says_what_it_rests_on(good: Report, said: str) -> None:
    assert said in good.html
    assert said in good.markdown


def test_sandbox_and_production_are_told_apart(good: Report, bad: Report) -> None:  # S103
    assert "Sandbox (rehearsal): acme.example.com/crm/sales." in good.html
    assert "This was a rehearsal." in good.html
    assert "Production: acme.example.com/crm/sales." in bad.html


def test_spot_checks_are_twenty_at_most_and_the_same_every_time() -> None:  # S105
    many = pl.concat(
        r.comparison().with_columns(
            pl.format("{}-{}", "source_key", pl.lit(n)).alias("source_key")
        )
        for n in range(30)
    )
    first = spot_checks(many)
    assert first.height == 20
    assert first.equals(spot_checks(many))
    assert "source_key" not in first.columns


def test_a_phase_reports_its_rows_right_away() -> None:  # S109
    done = r.results(r.OTHER_DEAL)
    text = phase_report("deals", "jan", done, r.comparison(CHANGES))
    assert text.startswith("# deals, batch jan")
    assert "| refused | 1 |" in text
    assert "1 records were not written" in text
    assert not EMAIL.findall(text.replace("\\", ""))
    agrees = phase_report("deals", "jan", r.results(), r.comparison())
    assert "**Agrees.**" in agrees


def test_a_phase_without_records_is_reported_too() -> None:  # S109
    text = phase_report("leads", "jan", r.results().head(0), r.comparison().head(0))
    assert "All 0 records are as sent." in text
