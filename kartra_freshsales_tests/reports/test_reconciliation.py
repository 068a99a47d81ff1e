import polars as pl
import pytest

from kartra_freshsales.reports.differences import explained, where_rows_ended
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


# G14: a report is part of the evidence, which is the same for the same state
def test_the_same_state_makes_the_same_report(good: Report) -> None:
    again = r.report()
    assert (again.html, again.markdown) == (good.html, good.markdown)


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
    assert rows["EUR"][-2:] == ["the same", "yes"]
    assert rows["USD"][3] == "12.50"
    assert rows["USD"][-2:] == [
        "amount 12.50 / 12.00; smallest amount 12.50 / 12.00; largest amount 12.50 / 12.00",
        "no",
    ]


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


# S104: what moved, what did not, why, and what to do, before any table
def test_the_report_begins_with_what_happened_and_what_to_do(
    good: Report, bad: Report
) -> None:
    for said in (
        "In Freshsales stand now: 1 accounts, 1 contacts, 1 deals.",
        "Money: 12.50 USD in 1 deals, the same on both sides.",
        "Of 6 rows in the exports: 3 became a record; 1 became part of another record;",
        "1 rows are set aside: rows_not_loaded.csv names each",
        "1 records were refused or failed: records_not_written.csv says why",
    ):
        assert said in good.markdown.replace("\\", ""), said
    told = bad.markdown.replace("\\", "")
    assert "Money: 12.50 USD in the exports, 12.00 in Freshsales." in told
    assert "3 fields did not arrive as meant: differences.csv names each" in told
    assert told.index("What to do now") < told.index("Records by module")


# S16: where, what, why, what to do, for whoever has to correct it
def test_every_difference_is_explained_with_both_values() -> None:
    found = explained(r.comparison({**CHANGES, r.OTHER_DEAL: {"amount": 7.25}}))
    (amount,) = found.filter(module="deals", field="amount", cause="wrong").to_dicts()
    assert (amount["source file"], amount["source row"]) == ("jan/export.csv", "4")
    assert (amount["sent"], amount["read back"]) == ("12.50", "12.00")
    assert "correct it" in amount["what to do"]
    form = found.filter(cause="normalised")
    assert form.select("field", "rule").rows() == [("amount", "money_text")]
    assert "equal" not in set(found["cause"])


# S104: no reader knows what a code means
def test_reasons_are_told_in_words() -> None:
    rows = pl.DataFrame(
        {
            "_kind": ["contacts", "transactions"],
            "state": ["quarantined", "excluded"],
            "reason": ["no_email", "type_request_can"],
            "remedy": ["Add an address.", None],
        }
    )
    told = where_rows_ended(rows)
    assert told["why"].to_list() == [
        "The contact has no e-mail address.",
        "A row of the type “request can”, which moves no money.",
    ]
    assert told["what to do"].to_list() == ["Add an address.", "Nothing."]


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
