"""Privacy and safety of every cell that leaves in a report (G14, G18).

Masking is for text that may carry somebody's address or number by accident; columns that
must name a person (an owner to be provisioned) say so. Not here: layout.
"""

import re

import polars as pl

_EMAIL = re.compile(
    r"(?<![\w.+%'-])([\w.+%'-])[\w.+%'-]*@([\w-])[\w-]*(?:\.[\w-]+)*(\.[^\W\d_]{2,})"
)
# International numbers, or ten and more digits grouped as people write them.
_PHONE = re.compile(
    r"(?<![\w/.+-])(\+\d|\(?\d{3}\)?[ .-])[\d ().-]{6,16}(\d{2})(?!\w|[ .-]\d)"
)
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
_LONG_ENOUGH = 4
"""Digits from which two may be told without giving the number away."""
_STRIPPED = " \u00a0\ufeff\u200b"


def mask_email(address: str) -> str:
    """``ada@domain.com`` → ``a***@d***``; text without an at sign → ``***``."""
    local, at, domain = address.strip().partition("@")
    return f"{local[:1]}***@{domain[:1]}***" if at else "***"


def mask_phone(number: str) -> str:
    """Keep the last two digits: ``+12015550123`` → ``***23``."""
    digits = [letter for letter in number if letter.isdigit()]
    return "***" + "".join(digits[-2:]) if len(digits) >= _LONG_ENOUGH else "***"


def masked(text: str) -> str:
    """Text with every e-mail address and phone number in it masked."""
    hidden = _EMAIL.sub(r"\1***@\2***", text) if "@" in text else text
    return _PHONE.sub(r"***\2", hidden)


def formula_safe(text: str) -> str:
    """Text that a spreadsheet takes for text: an apostrophe goes before ``= + - @``."""
    return f"'{text}" if text.lstrip(_STRIPPED).startswith(_FORMULA) else text


TELL_NOBODY = frozenset(
    {
        "amount", "closed_date", "expected_close", "currency_id", "deal_stage_id",
        "deal_pipeline_id", "deal_type_id", "lifecycle_stage_id", "contact_status_id",
        "lead_stage_id", "subscription_status", "owner_id", "sales_account", "contact",
    }
)  # fmt: skip
"""Fields whose figures name nobody: amounts, days, and ids of the account."""
_FIGURES = r"^[-+0-9.,:TZ ]*$"
"""A link that was never resolved is no id but a source key, and hidden like any text."""


def masked_values(value: str, field: str) -> pl.Expr:
    """The values of a column, hidden unless their field names nobody.

    What is left says whether two values may be the same and no more: the first letter and
    the length of a text, as ``mask_email`` and ``mask_phone`` do it where it is one.

    Args:
        value: column of texts; nulls stay.
        field: column that says which field each is of.
    """
    text, name = pl.col(value), pl.col(field)
    head, size = text.str.slice(0, 1), text.str.len_chars().cast(pl.String)
    return (
        pl.when(
            (name.is_in(TELL_NOBODY) & text.str.contains(_FIGURES))
            | text.is_null()
            | (text == "")
        )
        .then(text)
        .when(name.is_in(["email", "emails"]))
        .then(text.str.replace(r"(?s)^(.).*@(.).*$", "$1***@$2***"))
        .when(name.is_in(["mobile_number", "work_number", "phone"]))
        .then(pl.lit("***") + text.str.replace_all(r"\D", "").str.tail(2))
        .otherwise(pl.concat_str(head, pl.lit("*** ("), size, pl.lit(")")))
        .alias(value)
    )
