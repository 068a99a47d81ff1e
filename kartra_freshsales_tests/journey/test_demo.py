"""The demonstration from end to end, and what an operator does with it afterwards.

One workspace, one story: the fixture lives through it once, the tests judge what it saw.
The account is judged through plain HTTP against the figures of the sample's own answers.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from kartra_freshsales.reports.evidence_check import check_bundle
from kartra_freshsales_tests.journey.crm import tally, unmoved
from kartra_freshsales_tests.journey.demo_story import NEW_CITY, Story, told
from kartra_freshsales_tests.journey.private import (
    files_with,
    private_patterns,
    texts_with,
)
from kartra_freshsales_tests.reports.evidence_scenario import unpacked
from kartra_freshsales_tests.reports.reading import Document

# The whole story runs inside the first test of a process; the machine may be a busy one.
pytestmark = pytest.mark.timeout(2400)

BATCHES = ["batch-01", "batch-02", "batch-03"]
OF_MODULES = {
    "planned", "created", "updated", "skipped", "refused", "failed", "verified",
}  # fmt: skip
OF_KINDS = {"rows", "loaded", "merged", "excluded", "suppressed", "quarantined"}
CONSENT = {
    0: "unsubscribed", 1: "subscribed", 2: "not_subscribed", 3: "reported_as_spam",
    4: "bounced",
}  # fmt: skip


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with told(tmp_path_factory.mktemp("demo") / "workspace") as lived:
        yield lived


# S8, S104: counts of all modules
def test_the_demo_puts_every_record_into_the_account(story: Story) -> None:
    wanted = story.truth["modules"]
    assert story.ran["demo"].facts["certificate"] == "pass"
    assert story.loaded.counts == {
        "sales_accounts": wanted["sales_accounts"],
        "contacts": wanted["contacts"] + wanted["leads"],
        "deals": wanted["deals"] + wanted["subscriptions"],
        "notes": wanted["notes"],
        "lists": wanted["lists"],
        "members": sum(story.truth["list_members"].values()),
    }


# S11, S29
def test_one_contact_stands_there_for_each_address(story: Story) -> None:
    keys = sorted(email.casefold() for email in story.loaded.by("contacts", "email"))
    assert len(set(keys)) == len(keys)
    digest = hashlib.sha256("\n".join(keys).encode()).hexdigest()
    assert digest == story.truth["emails"]


# S23, S24
def test_who_neither_paid_nor_works_for_a_company_is_a_lead(story: Story) -> None:
    people = story.loaded.records["contacts"].values()
    stages = tally(story.lifecycle[person["lifecycle_stage_id"]] for person in people)
    assert stages["Lead"] == story.truth["modules"]["leads"]
    assert stages.total() - stages["Lead"] == story.truth["modules"]["contacts"]
    paying = {who for deal in story.deals(recurring=False) for who in deal["contact_ids"]}
    for person in people:
        lead = story.lifecycle[person["lifecycle_stage_id"]] == "Lead"
        assert lead == (person["id"] not in paying and not person["sales_accounts"])


# S14, S35, S88
def test_every_sale_and_rebill_is_a_deal_and_the_amounts_add_up(story: Story) -> None:
    deals = story.deals(recurring=False)
    assert len({deal["name"] for deal in deals}) == len(deals)
    total = sum(Decimal(deal["amount"]) for deal in deals)
    assert f"{total:.2f}" == story.truth["deal_amount"]["USD"]
    types = tally(story.custom(deal, "deals", "Kartra type") for deal in deals)
    assert types == story.truth["deals_by_type"]
    assert all(deal["closed_date"] for deal in deals)


# S35, S37: a sale is won, unless all of it was paid back; a subscription is open
def test_sales_are_won_and_subscriptions_are_open(story: Story) -> None:
    lost = {"Full refund", "Chargeback"}
    for deal in story.deals(recurring=False):
        paid_back = story.custom(deal, "deals", "Refund status") in lost
        expected = "Lost" if paid_back else "Won"
        assert story.stages[deal["deal_stage_id"]] == expected
    recurring = story.deals(recurring=True)
    assert {story.stages[deal["deal_stage_id"]] for deal in recurring} == {"New"}
    assert all(story.custom(deal, "deals", "Subscription status") for deal in recurring)


# S88
def test_refunds_are_noted_on_the_sale_they_undo(story: Story) -> None:
    amounts = [
        Decimal(str(amount))
        for deal in story.deals(recurring=False)
        if (amount := story.custom(deal, "deals", "Refunded amount")) is not None
    ]
    assert f"{sum(amounts):.2f}" == story.truth["refunded_amount"]["USD"]


# S12, S44, S45
def test_each_tag_stands_on_as_many_contacts_as_in_the_exports(story: Story) -> None:
    people = story.loaded.records["contacts"].values()
    assert tally(tag for person in people for tag in person["tags"]) == story.truth["tags"]


# S47, S48
def test_each_list_has_its_members(story: Story) -> None:
    members = {name: len(people) for name, people in story.loaded.members.items()}
    assert members == story.truth["list_members"]


# S57, S58, S60, G10
def test_consent_is_what_the_exports_say_and_no_wider(story: Story) -> None:
    people = story.loaded.records["contacts"].values()
    found = tally(CONSENT[person["subscription_status"]] for person in people)
    assert found == story.truth["consent"]


# S61, S64: who has no owner in the exports goes to the account's admin
def test_every_contact_has_its_owner(story: Story) -> None:
    people = story.loaded.records["contacts"].values()
    found = tally(story.users[person["owner_id"]] for person in people)
    wanted = dict(story.truth["owners"])
    wanted["admin@example.com"] = wanted.pop("")
    assert found == wanted
    deals = story.loaded.records["deals"].values()
    assert all(deal["owner_id"] in story.users for deal in deals)


# S18, S33, S36: no orphans
def test_every_deal_hangs_on_one_contact_and_on_its_company(story: Story) -> None:
    people = story.loaded.records["contacts"]
    for deal in story.loaded.records["deals"].values():
        (who,) = deal["contact_ids"]
        company = [link["id"] for link in people[who]["sales_accounts"]]
        assert ([deal["sales_account_id"]] if deal["sales_account_id"] else []) == company


# S20
def test_every_note_is_written_once(story: Story) -> None:
    assert all(len(texts) == 1 for texts in story.loaded.notes.values())


# S8, S109: the contract of --json
def test_the_summary_has_all_its_figures(story: Story) -> None:
    told, truth = story.ran["demo"].facts, story.truth
    assert story.ran["demo"].out.lstrip().startswith("{")
    for module, counts in told["modules"].items():
        assert counts.keys() >= OF_MODULES
        assert counts["planned"] == counts["created"] == counts["verified"]
        assert counts["planned"] == truth["modules"][module]
    for kind, counts in told["kinds"].items():
        assert counts.keys() >= OF_KINDS
        assert {name: counts[name] for name in OF_KINDS} == truth["kinds"][kind]
        assert counts["rows"] == sum(counts[name] for name in OF_KINDS - {"rows"})
    assert told["batches"] == BATCHES
    assert all(Path(path).is_file() for path in told["reports"].values())


# G6: the ledger has counted what the account has seen
def test_the_requests_told_are_the_requests_the_account_received(story: Story) -> None:
    told = story.ran["demo"].facts["requests"]
    assert told.keys() == {"read", "write", "poll"}
    assert told["write"] == story.history["writes"]
    assert told["poll"] == story.history["polls"]
    assert told["read"] == story.history["reads"]
    assert story.history["statuses"] == {"200": story.history["requests"]}


# G5
def test_a_second_migrate_writes_nothing(story: Story) -> None:
    again = story.ran["again"]
    assert (again.code, again.writes) == (0, 0), again.screen[-2000:]
    told, first = again.facts, story.ran["demo"].facts
    assert told["certificate"] == "pass"
    assert told["requests"]["write"] == told["requests"]["poll"] == 0
    assert told["kinds"] == first["kinds"]
    for module, counts in told["modules"].items():
        planned = first["modules"][module]["planned"]
        assert counts["planned"] == counts["skipped"] == counts["verified"] == planned
    assert story.stood["again"] == story.loaded


# G11
def test_a_record_can_be_traced_from_its_lines_to_freshsales(story: Story) -> None:
    trace = story.ran["trace"]
    assert (trace.code, trace.writes) == (0, 0), trace.screen
    records = trace.facts["records"]
    (found,) = (r for r in records if r["module"] in {"contacts", "leads"})
    assert found["freshsales_id"] == story.traced["id"]
    assert found["exports"]
    for place in found["exports"].split(", "):
        file, _, row = place.rpartition(":")
        assert (story.root / "inbox" / file).is_file()
        assert int(row) > 1
    sent = {entry["field"]: entry for entry in found["fields"]}
    assert sent["first_name"]["seen"] == story.traced["first_name"]
    for entry in sent.values():
        assert entry["seen"] not in (None, "", []), entry["field"]


# G11
def test_a_freshsales_id_leads_back_to_the_same_record(story: Story) -> None:
    by_id = story.ran["trace id"].facts["records"]
    assert by_id[0] in story.ran["trace"].facts["records"]


# S109
def test_the_status_says_that_all_is_loaded(story: Story) -> None:
    told = story.ran["status"].facts
    assert list(told["batches"]) == BATCHES
    for steps in told["batches"].values():
        assert {step for step, done in steps.items() if not done} == {"rolled_back"}
    assert told["records"] == story.truth["modules"]
    assert (told["open_intents"], told["conflicts"]) == (0, 0)
    assert told["certificate"] == "pass"


# G3
def test_everything_verifies_when_read_again(story: Story) -> None:
    assert (story.ran["verify"].code, story.ran["verify"].writes) == (0, 0)
    told = story.ran["verify"].facts
    assert told["passed"]
    assert told["chain_intact"]
    assert told["edits"] == []
    for module, counts in told["modules"].items():
        assert counts["records"] == counts["verified"] == story.truth["modules"][module]


# G14: from the bundle alone; sealing it sends nothing
def test_the_evidence_of_the_migration_holds_and_names_nobody(story: Story) -> None:
    ran = story.ran["evidence"]
    assert (ran.code, ran.writes) == (0, 0), ran.screen[-2000:]
    assert ran.facts["certificate"] == "pass"
    bundle = Path(ran.facts["evidence"])
    checks = check_bundle(bundle, story.root / "reports" / "public_key.pem")
    assert all(check.holds for check in checks), checks
    tables = [text.decode() for name, text in unpacked(bundle).items()
              if name.endswith((".csv", ".json", ".html", ".md"))]  # fmt: skip
    assert len(tables) > 12
    assert texts_with(private_patterns(), tables) == []


# S105: from the source row to what was read back
def test_twenty_records_are_shown_side_by_side(story: Story) -> None:
    page = Document((story.root / "reports" / "spot_check.html").read_text("utf-8"))
    assert len([name for name in page.ids if re.fullmatch(r"record-\d+", name)]) == 20


# S109: what the phases count of their own batch is what the migration counts
def test_the_phases_add_up_to_the_whole(story: Story) -> None:
    modules = story.ran["demo"].facts["modules"]
    counted = dict.fromkeys(modules, 0)
    for batch in BATCHES:
        for module in counted:
            name = "accounts" if module == "sales_accounts" else module
            text = (story.root / "reports/batches" / batch / f"{name}.md").read_text(
                "utf-8"
            )
            counted[module] += sum(
                int(number.replace(",", ""))
                for number in re.findall(r"\| of this batch \| \w+ \| ([\d,]+) \|", text)
            )
    del counted["lists"]  # each batch puts members of its own on a list
    assert counted == {name: modules[name]["planned"] for name in counted}


# G3
def test_what_people_edited_is_named_and_no_fault(story: Story) -> None:
    told = story.ran["verify edited"].facts
    assert told["passed"]
    edits = {(edit["freshsales_id"], edit["field"]) for edit in told["edits"]}
    assert edits >= {(story.contact, "city"), (story.deal, "deal_stage_id")}
    assert {number for number, _ in edits} == {story.contact, story.deal}
    assert sum(counts["edited"] for counts in told["modules"].values()) == 2
    assert sum(counts["differing"] for counts in told["modules"].values()) == 0


# G5, S8
def test_a_rerun_leaves_what_people_edited(story: Story) -> None:
    rerun = story.ran["edited"]
    assert (rerun.code, rerun.writes) == (0, 0), rerun.screen[-2000:]
    assert rerun.facts["certificate"] == "pass"
    assert story.stood["after edited"] == story.stood["edited"]
    assert story.stood["edited"].records["contacts"][story.contact]["city"] == NEW_CITY


# G2
def test_a_dry_run_of_the_rollback_changes_nothing(story: Story) -> None:
    for name, code in (("dry", 0), ("unapproved", 3)):
        ran = story.ran[name]
        assert (ran.code, ran.writes) == (code, 0), ran.screen[-2000:]
        assert ran.facts["state"] == "planned"
    assert story.stood["dry"] == story.stood["edited"]


# G2: the announced set, no more and no less
def test_the_rollback_does_what_its_dry_run_announced(story: Story) -> None:
    announced, done = story.ran["dry"].facts, story.ran["rollback"].facts
    assert story.ran["rollback"].code == 0, story.ran["rollback"].screen[-2000:]
    assert done["state"] == "done"
    assert done["digests"] == announced["digests"]
    assert done["modules"] == announced["modules"]
    spared = sum(counts["spared"] for counts in done["modules"].values())
    assert spared == sum(len(ids) for ids in story.kept.values())
    deleted = {module: counts["delete"] for module, counts in done["modules"].items()}
    people = deleted["contacts"] + deleted["leads"]
    assert people == story.loaded.counts["contacts"] - len(story.kept["contacts"])


# G2
def test_after_the_rollback_only_what_people_touched_is_left(story: Story) -> None:
    left, before = story.stood["rollback"], story.stood["edited"]
    assert {name: set(records) for name, records in left.records.items()} == story.kept
    assert not any(left.members.values())  # lists cannot be deleted; they stay empty
    edited = left.records["contacts"][story.contact], left.records["deals"][story.deal]
    assert edited == (
        before.records["contacts"][story.contact],
        before.records["deals"][story.deal],
    )
    assert unmoved(edited[0])["city"] == NEW_CITY


# G2
def test_the_report_of_the_rollback_lists_what_was_spared(story: Story) -> None:
    (report,) = (story.root / "reports").glob("rollback-*.html")
    text = report.read_text(encoding="utf-8")
    assert "edited_since" in text
    for ids in story.kept.values():
        assert all(str(number) in text for number in ids)


# G2, G5: the recycle bin still holds the first load's records
def test_after_a_rollback_everything_can_be_loaded_again(story: Story) -> None:
    reload = story.ran["reload"]
    assert reload.code == 0, reload.screen[-2000:]
    assert reload.facts["certificate"] == "pass"
    for module in ("sales_accounts", "contacts", "leads", "deals", "subscriptions"):
        counts = reload.facts["modules"][module]
        assert counts["created"] + counts["skipped"] == counts["planned"]
        assert counts["verified"] == counts["planned"]
    assert story.stood["reload"].content() == story.stood["edited"].content()


# S109, S110, S92, S81, S69
def test_each_stage_left_its_report(story: Story) -> None:
    found = {path.name for path in (story.root / "reports").iterdir()}
    assert found >= {
        "migration_scope.html", "migration_scope.md", "data_gaps.md", "tag_taxonomy.csv",
        "mapping_proposal.csv", "owner_queue.csv", "field_checklist.md",
        "reconciliation_report.html", "certificate.json", "rows_not_loaded.csv",
        "rebuild_inventory.md", "spot_check.html", "certificate.sig", "public_key.pem",
        "differences.csv", "differences_in_form.csv",
    }  # fmt: skip
    for batch in BATCHES:
        phases = {path.stem for path in (story.root / "reports/batches" / batch).iterdir()}
        assert phases >= {"accounts", "contacts", "leads", "deals", "subscriptions"}


# G18
def test_no_address_stands_in_logs_events_or_on_the_screen(story: Story) -> None:
    addresses = private_patterns()
    assert files_with(addresses, story.root / "data" / "dagster") == []
    said = [
        text
        for name, ran in story.ran.items()
        if not name.startswith("trace")  # it was asked for exactly that
        for text in (ran.out, ran.err)
    ]
    assert texts_with(addresses, said) == []
