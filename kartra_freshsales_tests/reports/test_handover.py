"""The queue of owners, the rebuild inventory and the rollback's proof."""

import polars as pl
import pytest

from kartra_freshsales.loading.rollback_plan import RollbackPlan
from kartra_freshsales.loading.rollback_proof import DIFFERENCES, SPARED, Proof
from kartra_freshsales.reports.owner_queue import owner_queue_csv, owner_queue_markdown
from kartra_freshsales.reports.rebuild import rebuild_inventory
from kartra_freshsales.reports.rollback import rollback_report
from kartra_freshsales.transforms.tag_taxonomy import tag_taxonomy
from kartra_freshsales_tests.reports.reading import EMAIL, assert_self_contained
from kartra_freshsales_tests.transforms import audit_scenario as s

QUEUE = pl.DataFrame(
    {"owner": ["owner-west@example.com"], "status": ["unmatched"], "n": [3]}
)


def test_the_owner_queue_names_those_to_be_provisioned() -> None:  # S63, S102
    assert owner_queue_csv(QUEUE) == "owner,status,n\nowner-west@example.com,unmatched,3\n"
    assert "owner-west@example.com" in owner_queue_markdown(QUEUE)
    assert "mappings/owners.yaml" in owner_queue_markdown(QUEUE)


def test_an_empty_owner_queue_says_so() -> None:  # S101
    assert owner_queue_csv(QUEUE.head(0)) == "owner,status,n\n"
    assert "**Empty.**" in owner_queue_markdown(QUEUE.head(0))


def test_the_inventory_lists_what_to_rebuild_with_contact_counts() -> None:  # S110, S68
    people = s.contacts()
    report = rebuild_inventory(people, tag_taxonomy(people))
    found = {(row[0], row[1]): row[2] for row in report.table.iter_rows()}
    assert found["sequence", "Welcome"] == 1
    assert found["membership", "Gold"] == 1
    assert found["webinar", "Webinar Registered March"] == 2
    assert found["survey", "Quiz Completed"] == 1
    assert ("automation", None) in found
    assert ("workflow", None) in found
    document = assert_self_contained(report.html)
    assert document.rows("sequences")[0][:2] == ["Welcome", "1"]
    assert not EMAIL.findall(report.html)


def test_the_inventory_of_nobody_still_asks_for_automations() -> None:  # S110
    nobody = s.contacts().head(0)
    report = rebuild_inventory(nobody, tag_taxonomy(nobody))
    assert set(report.table["what"]) == {"automation", "form", "workflow"}


ROWS = pl.DataFrame(
    {
        "module": ["contacts", "contacts", "deals"],
        "source_key": ["ada@example.com", "ben@example.com", "txn:1"],
        "freshsales_id": [1, 2, 3],
        "operation": ["delete", "restore", "delete"],
        "fields": [[], ["first_name"], []],
        "action": ["undo", "spare", "undo"],
        "reason": [None, "edited_since", None],
    }
)


@pytest.mark.parametrize(("passed", "word"), [(True, "Proven"), (False, "Not proven")])
def test_a_rollback_is_proven_or_said_not_to_be(passed: bool, word: str) -> None:  # S3, G2
    done = ROWS.filter(action="undo").with_columns(pl.lit("done").alias("outcome"))
    differing = [("contacts", "ada@example.com", 1, "last_name", "Secretname", "Othername")]
    proof = Proof(
        passed=passed,
        checked=17,
        differences=pl.DataFrame(differing, schema=DIFFERENCES, orient="row"),
        spared=pl.DataFrame(schema=SPARED),
    )
    plan = RollbackPlan(ROWS, "d1ge57", cannot_undo=("Lists stay, empty.",), requests=12)
    report = rollback_report(plan, done, proof)
    document = assert_self_contained(report.html)
    assert f'<p class="word">{word}</p>' in report.html
    assert document.rows("Left alone") == [
        ["contacts", "2", "restore", "first_name", "edited_since"]
    ]
    assert document.rows("Differences") == [["contacts", "1", "last_name"]]
    assert "Lists stay, empty." in report.html
    assert "d1ge57" in report.html
    for text in (report.html, report.markdown):
        assert not EMAIL.findall(text)  # G18
        assert "Secretname" not in text
