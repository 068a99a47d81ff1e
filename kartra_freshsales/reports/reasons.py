"""Reasons in plain words, for readers who know nothing of the codes.

Not here: deciding a reason; what to do about it comes with the row.
"""

import polars as pl

from kartra_freshsales.reports.masking import masked

STATES: dict[str, str] = {
    "loaded": "became a record",
    "merged": "became part of another record",
    "excluded": "left out by a rule of yours",
    "suppressed": "left out because it must not be contacted or was suppressed",
    "quarantined": "set aside: something in it must be corrected first",
    "failed": "was to arrive and did not",
}

_REASONS: dict[str, str] = {
    "same_email": "Another row has the same e-mail address; both are one contact.",
    "same_id": "Another row has the same id; the newest counts.",
    "test_contact": "The address belongs to a test domain.",
    "no_email": "The contact has no e-mail address.",
    "invalid_email": "The e-mail address cannot be one.",
    "buyer_not_found": "Nobody in the contact exports is its buyer.",
    "refund_without_sale": "A refund whose sale is in none of the exports.",
    "refund_by_processor_id": "A refund; noted on its sale, found by the processor's id.",
    "refund_by_payment_number": "A refund; noted on its sale, found by payment number.",
    "refund_by_lead_and_product": "A refund; noted on its sale, found by product.",
    "sale_quarantined": "A refund whose sale is set aside.",
    "sale_excluded": "A refund whose sale is left out.",
    "record_not_written": "Its record was never written.",
    "parent_not_loaded": "What it belongs to did not arrive.",
    "deleted_at_destination": "People deleted it in Freshsales.",
    "changed_by_people": "People changed the same field in Freshsales; theirs stands.",
}
_TYPE = "type_"


def reason_in_words(code: str | None) -> str:
    """A sentence for a reason's code; an unknown code with blanks for underscores."""
    if code is None:
        return ""
    if code in _REASONS:
        return _REASONS[code]
    if code.startswith(_TYPE):
        kind = code.removeprefix(_TYPE).replace("_", " ")
        return f"A row of the type “{kind}”, which moves no money."
    # Words of the destination may quote what was sent.
    told = masked(code.replace("_", " "))
    return f"{told[:1].upper()}{told[1:]}"


def in_words(column: str) -> pl.Expr:
    """The codes of a column as sentences."""
    return pl.col(column).map_elements(
        reason_in_words, return_dtype=pl.String, skip_nulls=False
    )


def state_in_words(column: str) -> pl.Expr:
    """The states of a column in words."""
    return pl.col(column).replace_strict(STATES, default=pl.col(column))
