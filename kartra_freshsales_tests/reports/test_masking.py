import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kartra_freshsales.reports.masking import formula_safe, mask_email, mask_phone, masked
from kartra_freshsales_tests.reports.reading import EMAIL


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ada@example.com", "a***@e***"),
        ("Ada <ada.l+x@mail.example.org>, twice", "Ada <a***@m***>, twice"),
        ("call +1 (201) 555-0123 now", "call ***23 now"),
        ("(201) 555-0123", "***23"),
        ("dial +1 201 555 0123.", "dial ***23."),
        ("müller@exämple.org", "m***@e***"),
    ],
)
def test_addresses_and_numbers_are_masked(text: str, shown: str) -> None:  # G14, G18
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01 10:00",
        "contacts_kartra_02-03-2026_65e1f0a.csv:12",
        "1,234,567",
        "txn:123456789012",
        "12.50",
        "VIP @home",
        "2024-11-15_export.csv:3",
    ],
)
def test_dates_files_and_figures_stay_readable(text: str) -> None:  # G18
    assert masked(text) == text


def test_single_values_are_masked_by_kind() -> None:  # G18
    assert mask_email(" ada@example.com ") == "a***@e***"
    assert mask_email("nothing") == "***"
    assert mask_phone("+12015550123") == "***23"
    assert mask_phone("12") == "***"


@settings(max_examples=100, deadline=None)
@given(st.emails(), st.text(max_size=5))
def test_no_address_survives_masking(address: str, around: str) -> None:  # G18
    plain = address if EMAIL.fullmatch(address) else "ada@example.com"
    assert plain not in masked(f"{around} {plain} {around}")


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["=", "+", "-", "@", "\t=", " =", "＝"]), st.text(max_size=20))
def test_no_cell_begins_a_formula(start: str, rest: str) -> None:  # G14
    assert formula_safe(start + rest).startswith("'")


def test_harmless_text_is_left_as_it_is() -> None:  # G14
    assert formula_safe("SUM(1,2)") == "SUM(1,2)"
    assert formula_safe("") == ""
