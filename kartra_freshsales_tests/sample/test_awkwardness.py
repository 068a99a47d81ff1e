"""Every awkwardness of real exports occurs in a sample of 500 contacts."""

import re
from collections import Counter, defaultdict
from datetime import datetime

from kartra_freshsales_tests.sample.conftest import Written
from kartra_freshsales_tests.sample.oracle import Row, amount, read, value

_TYPES = {
    "Sale", "Rebill", "Refund", "Partial refund", "Chargeback", "Failed", "Cancellation",
    "Request Can.", "Revert Can.",
}  # fmt: skip
_UNDOING = ("Refund", "Partial refund", "Chargeback")


def _by_person(written: Written) -> dict[str, list[Row]]:
    found = defaultdict(list)
    for row in written.oracle.contact_rows:
        found[row["id"]].append(row)
    return found


def _column(rows: list[Row], name: str) -> list[str]:
    return [row[name] for row in rows]


def _of(written: Written, *types: str) -> list[Row]:
    rows = written.oracle.transaction_rows
    return [row for row in rows if row["Transaction_Type"] in types]


def test_contacts_lack_email_and_name_or_have_none_that_works(written: Written) -> None:
    # S100
    rows = written.oracle.contact_rows
    emails = [email.strip() for email in _column(rows, "email")]
    assert "" in emails
    assert any(email and not re.fullmatch(r"[^@]+@[^@]+\.[^@]+", email) for email in emails)
    assert any(email.endswith("@kartra.com") for email in emails)
    assert any(not row["first_name"] + row["last_name"] and row["email"] for row in rows)


def test_people_turn_up_again_with_other_letters_phones_tags_and_companies(
    written: Written,
) -> None:
    # S11 S76
    several = [rows for rows in _by_person(written).values() if len(rows) > 1]
    assert len(several) > 50
    for column in (
        "email",
        "first_name",
        "phone",
        "tags",
        "company",
        "owner",
        "notes",
        "gdpr_status",
    ):
        assert any(len(set(_column(rows, column))) > 1 for rows in several), column
    folded = [{row["email"].strip().casefold() for row in rows} for rows in several]
    assert all(len(emails) == 1 for emails in folded)


def test_a_later_batch_shows_about_one_in_seven_of_earlier_people(written: Written) -> None:
    # S74
    first, second, third = (
        set(_column(read(written.out, "contacts_kartra", f"batch-0{at}"), "id"))
        for at in (1, 2, 3)
    )
    earlier = first | second
    again = len(earlier & third) / len(earlier)
    assert 0.08 < again < 0.25


def test_a_file_repeats_people_and_contradicts_itself(written: Written) -> None:  # S11
    rows = read(written.out, "contacts_kartra", "batch-01")
    assert max(Counter(_column(rows, "id")).values()) > 2
    by_person = defaultdict(list)
    for row in rows:
        by_person[row["id"]].append(row)
    several = [each for each in by_person.values() if len(each) > 1]
    assert any(len(set(_column(each, "email"))) > 1 for each in several)
    for column in ("owner", "company"):
        assert any(len(set(_column(each, column))) > 1 for each in several), column


def test_tags_are_shouted_where_the_proper_spelling_stands_before_and_after(
    written: Written,
) -> None:
    # S44
    shouted = 0
    for rows in _by_person(written).values():
        for at, row in enumerate(rows):
            if len(row["tags"]) > 4 and row["tags"] == row["tags"].upper():
                shouted += 1
                spelled = {re.sub(", ?|;", "|", rows[end]["tags"]) for end in (0, -1)}
                assert 0 < at < len(rows) - 1
                assert {tags.upper() for tags in spelled} == {
                    re.sub(", ?|;", "|", row["tags"])
                }
    assert shouted


def test_bounced_and_blocked_contacts_occur_with_their_words(written: Written) -> None:
    # S85 S99
    statuses = set(_column(written.oracle.contact_rows, "status"))
    assert {"Do not contact", "Blocklisted", "Multiple soft bounces"} <= statuses
    assert {"Subscribed", "Unsubscribed"} <= statuses


def test_consent_words_of_every_sort_occur(written: Written) -> None:  # S57 S59
    rows = written.oracle.contact_rows
    words = {"Accepted", "Not accepted", "Unknown", "Pending", "Not subject", ""}
    assert words == set(_column(rows, "gdpr_status"))
    assert {"Yes", "No", ""} == set(_column(rows, "gdpr_communications"))
    dated = [value(row, "gdpr_status_date") for row in rows]
    assert all(datetime.strptime(date, "%d %b %Y %H:%M") for date in dated if date)  # noqa: DTZ007


def test_custom_fields_of_five_kinds_are_filled(written: Written) -> None:  # S51 S52
    rows = written.oracle.contact_rows
    for name in (
        "Company size",
        "Preferred contact",
        "Interests",
        "Main topic",
        "About you",
    ):
        assert any(_column(rows, name)), name
    assert any(re.search("[,;]", cell) for cell in _column(rows, "Interests"))
    assert max(map(len, _column(rows, "About you"))) > 255


def test_cells_hold_what_breaks_careless_readers(written: Written) -> None:  # G8
    rows = written.oracle.contact_rows
    notes, topics = _column(rows, "notes"), _column(rows, "Main topic")
    assert any("\n" in note for note in notes)
    assert any('"' in note for note in notes)
    assert any(topic.startswith(("=", "+", "@", "-")) for topic in topics)
    assert any("&#039;" in name for name in _column(rows, "last_name"))
    assert any(not name.isascii() for name in _column(rows, "first_name"))
    products = set(_column(written.oracle.transaction_rows, "Product"))
    assert any("&amp;" in product for product in products)


def test_one_phone_in_a_hundred_is_shared(written: Written) -> None:
    phones = {}
    for person, rows in _by_person(written).items():
        digits = re.sub(r"\D", "", rows[0]["phone"])[-10:]
        if len(digits) == 10:
            phones[person] = digits
    shared = sum(count - 1 for count in Counter(phones.values()).values())
    assert 0 < shared <= 10


def test_the_nine_types_of_transaction_occur_in_realistic_shares(written: Written) -> None:
    # S88
    counts = Counter(row["Transaction_Type"] for row in written.oracle.transaction_rows)
    assert set(counts) == _TYPES
    total = sum(counts.values())
    money = counts["Sale"] + counts["Rebill"]
    assert 0.5 < money / total < 0.75
    assert counts["Rebill"] > 2 * counts["Sale"]
    assert counts["Refund"] < 0.1 * money


def test_refunds_are_linked_on_every_rung_and_some_on_none(written: Written) -> None:
    # S36
    oracle = written.oracle
    assert set(oracle.rungs) == {"processor", "payment", "product"}
    lost = [row for row in _of(written, *_UNDOING) if row["ID"] not in oracle.refunds]
    assert {row["Transaction_Type"] for row in lost} == set(_UNDOING)
    assert any(oracle.buyer(row) for row in lost)
    assert any(not oracle.buyer(row) for row in lost)


def test_refunds_have_both_signs(written: Written) -> None:
    signs = {row["Amount (USD)"].startswith("-") for row in _of(written, *_UNDOING)}
    assert signs == {True, False}
    others = [
        row for row in written.oracle.transaction_rows if row["Amount (USD)"][0] == "-"
    ]
    assert {row["Transaction_Type"] for row in others} <= set(_UNDOING)
    assert all(amount(row) > 0 for row in _of(written, "Sale", "Rebill", *_UNDOING))


def test_batches_repeat_transactions_and_subscriptions(written: Written) -> None:  # S76
    for rows in (written.oracle.transaction_rows, written.oracle.subscription_rows):
        counts = Counter(row["ID"] for row in rows)
        assert max(counts.values()) > 1
    seen = defaultdict(set)
    for row in written.oracle.subscription_rows:
        seen[row["ID"]].add(row["Status"])
    assert any(len(statuses) > 1 for statuses in seen.values())


def test_a_transaction_repeated_says_the_same(written: Written) -> None:
    seen: dict[str, Row] = {}
    for row in written.oracle.transaction_rows:
        assert seen.setdefault(row["ID"], row) == row


def test_buyers_are_strangers_or_known_by_one_key_only(written: Written) -> None:  # S36
    oracle = written.oracle
    sales = _of(written, "Sale", "Rebill")
    assert any(oracle.buyer(row) is None for row in sales)
    by_id = [row for row in sales if row["lead_id"] in oracle.by_id]
    assert any(row["Buyer_Email"].casefold() not in oracle.golden for row in by_id)
    assert any(row["lead_id"] == "N/A" and oracle.buyer(row) for row in sales)
    assert any(row["Buyer_Email"].isupper() for row in written.oracle.transaction_rows)


def test_no_buyer_is_two_people(written: Written) -> None:
    oracle = written.oracle
    for row in oracle.transaction_rows:
        by_email = row["Buyer_Email"].casefold()
        if row["lead_id"] in oracle.by_id and by_email in oracle.golden:
            assert oracle.by_id[row["lead_id"]] == by_email


def test_amounts_carry_thousands_commas_and_ids_are_na_or_blank(written: Written) -> None:
    rows = written.oracle.transaction_rows
    assert any("," in row["Amount (USD)"] for row in rows)
    assert {"N/A", ""} <= set(_column(rows, "subscription_id"))


def test_subscriptions_come_in_every_state_with_their_own_dates(written: Written) -> None:
    # S37 S39 S41
    rows = written.oracle.subscription_rows
    statuses = {"Active", "Pending Cancellation", "Paused", "Cancelled", "Terminated"}
    assert set(_column(rows, "Status")) == statuses
    for row in rows:
        assert datetime.strptime(row["Start date"], "%d %b %Y")  # noqa: DTZ007
        open_ended = row["End date"] in {"", "N/A", "0000-00-00 00:00:00"}
        assert open_ended == (row["Status"] in {"Active", "Paused", "Pending Cancellation"})
    assert len(set(_column(rows, "Recurrence_Term"))) > 4


def test_every_subscription_has_its_sale_with_the_same_total(written: Written) -> None:
    # S39
    paid: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in _of(written, "Sale", "Rebill"):
        paid[row["subscription_id"]][row["ID"]] = row
    for row in written.oracle.subscription_rows:
        payments = paid[row["ID"]].values()
        assert len(payments) == int(row["Payments made"])
        assert f"{sum(map(amount, payments)):.2f}" == row["Total paid"].replace(",", "")


def test_no_time_falls_into_an_hour_that_the_clocks_skip(written: Written) -> None:
    times = _column(written.oracle.transaction_rows, "Date")
    times += _column(written.oracle.contact_rows, "date_joined")
    assert not any(time[11:13] == "02" for time in times)
