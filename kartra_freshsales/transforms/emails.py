"""E-mail addresses: is it one, and under which key is it known.

The key is the trimmed, case-folded address; ``+tag`` parts and dots stay, because they may
be two people. Nothing is looked up on a network. What does not belong here: whose it is.
"""

from functools import cache

import polars as pl

from kartra_freshsales.transforms.distinct import corrected, over_distinct

# Plain ASCII addresses, the millions; anything else goes to email-validator one by one.
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PLAIN = rf"^{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+[a-z]{{2,63}}$"
_LONGEST, _LONGEST_LOCAL = 254, 64


def key(values: pl.Series) -> pl.Series:
    """The key of each address: trimmed and case-folded, null where blank."""
    cell = pl.col("value").str.strip_chars().str.to_lowercase()
    lowered = pl.DataFrame({"value": values}).select(pl.when(cell != "").then(cell))
    special = pl.col("value").str.contains(r"[^\x00-\x7F]")
    folded, _ = corrected(lowered.to_series(), special, str.casefold)
    return folded.alias(values.name)


def is_valid(keys: pl.Series) -> pl.Series:
    """Whether each key is a syntactically valid address; false for null.

    Reserved domains such as ``example.com`` are accepted: whether mail arrives is no
    question of syntax.
    """
    value = pl.col("value")
    plain = (
        value.str.contains(_PLAIN)
        & ~value.str.contains("--", literal=True)
        & ~value.str.contains(_reserved())
        & (value.str.len_bytes() <= _LONGEST)
    ).fill_null(False)
    frame = pl.DataFrame({"value": keys}).with_columns(plain.alias("plain"))
    rest = frame.select(pl.when(~pl.col("plain")).then("value")).to_series()
    judged = over_distinct(rest, _is_valid, pl.Boolean())
    # The validator is lenient about the length of the local part; mail servers are not.
    fits = (value.str.find("@", literal=True) <= _LONGEST_LOCAL).fill_null(False)
    return frame.select(
        (pl.col("plain") | pl.lit(judged).fill_null(False)) & fits
    ).to_series()


@cache
def _reserved() -> str:
    """Domains set aside for special use, for which the validator has rules of its own."""
    # Imported where it is used: it is slow to load, and definitions load without it.
    from email_validator import SPECIAL_USE_DOMAIN_NAMES  # noqa: PLC0415

    return rf"[.@](?:{'|'.join(sorted(set(SPECIAL_USE_DOMAIN_NAMES) - {'test'}))})$"


def _is_valid(address: str) -> bool:
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415

    try:
        validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return False
    return True


def domain(address: pl.Expr) -> pl.Expr:
    """What stands behind the last ``@``."""
    return address.str.extract(r"@([^@]+)$")
