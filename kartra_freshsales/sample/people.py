"""Who the people of the sample are: pure functions of a person's number.

A person's name, e-mail and phone can be worked out wherever the number is known, so that a
contact, a payment and a subscription agree without a join. ``later`` marks values of a
second or third export. What does not belong here: which export shows a person, consent.
"""

import polars as pl

from kartra_freshsales.sample import words
from kartra_freshsales.sample.dice import choose, digits, when
from kartra_freshsales.sample.scale import FIRST_JOINED, LAST_JOINED, SMALLEST, Scale

PERSON = pl.col("person")
_EXCHANGES = 800
_LINES = 10_000
_US_NUMBERS = len(words.AREA_CODES) * _EXCHANGES * _LINES
_STRIDE = 7_919_999  # shares no divisor with the numbers above: each person their own
_MOVED = 5_000_017  # beyond every person: a new number is nobody else's


def kartra_id(person: pl.Expr = PERSON) -> pl.Expr:
    """The contact id Kartra gave this person."""
    return (person * 7 + 1_000_003).cast(pl.String)


def _chance(scale: Scale, purpose: str, share: float) -> pl.Expr:
    """As the dice say, but for the first few people: theirs is set, whatever the seed."""
    return PERSON.ge(SMALLEST) & scale.dice.chance(PERSON, purpose, share)


def lacks_email(scale: Scale) -> pl.Expr:
    """True for the people whose contact row has no e-mail."""
    return PERSON.eq(3) | _chance(scale, "lacks e-mail", 0.006)


def has_invalid_email(scale: Scale) -> pl.Expr:
    """True for the people whose contact row has text that is no e-mail."""
    chosen = PERSON.eq(7) | _chance(scale, "invalid e-mail", 0.002)
    return chosen & ~lacks_email(scale)


def is_test(scale: Scale) -> pl.Expr:
    """True for the contacts that somebody's integration made while in test mode."""
    chosen = PERSON.eq(9) | _chance(scale, "is a test", 0.003)
    return chosen & ~lacks_email(scale) & ~has_invalid_email(scale)


def is_golden(scale: Scale) -> pl.Expr:
    """True for the people who must arrive: exported, with an e-mail, and no test."""
    refused = lacks_email(scale) | has_invalid_email(scale) | is_test(scale)
    return PERSON.lt(scale.contacts) & ~refused


def lacks_name(scale: Scale) -> pl.Expr:
    """True for the people without given and family name."""
    return PERSON.eq(5) | _chance(scale, "lacks name", 0.005)


def given_name(scale: Scale) -> pl.Expr:
    """The given name."""
    return scale.dice.pick(PERSON, "given name", tuple(words.GIVEN_NAMES))


def family_name(scale: Scale) -> pl.Expr:
    """The family name."""
    return scale.dice.pick(PERSON, "family name", tuple(words.FAMILY_NAMES))


def email(scale: Scale) -> pl.Expr:
    """The e-mail in use today, in lower case; unique because it holds the number."""
    tagged = scale.dice.chance(PERSON, "plus tag", 0.01)
    return pl.concat_str(
        scale.dice.pick(PERSON, "given name", tuple(words.GIVEN_NAMES.values())),
        pl.lit("."),
        scale.dice.pick(PERSON, "family name", tuple(words.FAMILY_NAMES.values())),
        PERSON.cast(pl.String),
        pl.when(tagged).then(pl.lit("+news")).otherwise(pl.lit("")),
        pl.lit("@"),
        scale.dice.pick(PERSON, "domain", words.DOMAINS),
    )


def former_email(scale: Scale) -> pl.Expr:
    """An address from before a change; no contact has it today."""
    return pl.concat_str(
        pl.lit("former."), PERSON.cast(pl.String), pl.lit("@"),
        scale.dice.pick(PERSON, "former domain", words.DOMAINS),
    )  # fmt: skip


def date_joined(scale: Scale) -> pl.Expr:
    """When the person joined; later numbers joined later (account time)."""
    span = int((LAST_JOINED - FIRST_JOINED).total_seconds())
    step = span // scale.contacts
    jitter = scale.dice.roll(PERSON, "joined", max(step, 1))
    return pl.lit(FIRST_JOINED) + pl.duration(seconds=PERSON * step + jitter)


def country(scale: Scale) -> pl.Expr:
    """The country, chiefly the United States."""
    weights = dict(zip(words.PLACES, (78, 6, 8, 4, 4), strict=True))
    return scale.dice.weighted(PERSON, "country", weights)


def calling_code(scale: Scale) -> pl.Expr:
    """The calling code of the country, without ``+``."""
    codes = dict(zip(words.PLACES, ("1", "1", "44", "49", "61"), strict=True))
    return country(scale).replace_strict(codes, return_dtype=pl.String)


def _us_number(number: pl.Expr) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    place = (number * _STRIDE + 4_242_424) % _US_NUMBERS
    area = choose(place // (_EXCHANGES * _LINES), words.AREA_CODES)
    exchange = (place // _LINES % _EXCHANGES + 200).cast(pl.String)
    return area, exchange, digits(place % _LINES, 4)


def _written_in_us_style(scale: Scale, number: pl.Expr) -> pl.Expr:
    area, exchange, line = _us_number(number)
    style = scale.dice.roll(PERSON, "phone style", 4)
    return (
        pl.when(style.eq(0)).then(pl.concat_str(area, exchange, line))
        .when(style.eq(1)).then(pl.format("({}) {}-{}", area, exchange, line))
        .when(style.eq(2)).then(pl.format("{}-{}-{}", area, exchange, line))
        .otherwise(pl.format("+1 {} {} {}", area, exchange, line))
    )  # fmt: skip


def phone(scale: Scale, *, moved: pl.Expr | None = None) -> pl.Expr:
    """The phone as written, nullable; ``moved`` marks rows with a newer number.

    Each person has a number of their own, but for one in a hundred who shares the number of
    the person before, and for a few cells that are no number at all.
    """
    shared = (PERSON % 100).eq(37)
    own = pl.when(shared).then(PERSON - 1).otherwise(PERSON)
    number = own if moved is None else pl.when(moved).then(own + _MOVED).otherwise(own)
    code = calling_code(scale)
    junk = scale.dice.pick(PERSON, "junk phone", ("123", "call me", "n/a", "000000"))
    written = (
        pl.when(scale.dice.chance(PERSON, "phone is junk", 0.004)).then(junk)
        .when(code.eq("44")).then(pl.format("074{}", digits(number % 40_000_000, 8)))
        .when(code.eq("49")).then(pl.format("0151 2{}", digits(number % 10_000_000, 7)))
        .when(code.eq("61")).then(pl.format("04{}", digits(number % 30_000_000 + 10**7, 8)))
        .otherwise(_written_in_us_style(scale, number))
    )  # fmt: skip
    return when(scale.dice.chance(PERSON, "has phone", 0.78), written)


def calling_code_cell(scale: Scale) -> pl.Expr:
    """The country-code column: with ``+``, without it, or blank where there is no phone."""
    code = calling_code(scale)
    plus = scale.dice.chance(PERSON, "code with plus", 0.4)
    return when(phone(scale).is_not_null(), pl.when(plus).then("+" + code).otherwise(code))


def companies(scale: Scale) -> int:
    """How many companies the sample knows."""
    return min(words.COMPANIES_AT_MOST, max(3, scale.contacts // 10))


def company_number(scale: Scale) -> pl.Expr:
    """The first company on record, null for about six people in ten."""
    named = scale.dice.chance(PERSON, "has company", 0.4)
    return pl.when(named).then(scale.dice.roll(PERSON, "company", companies(scale)))


def company_name(number: pl.Expr, style: pl.Expr) -> pl.Expr:
    """A company as people write it: case, punctuation, legal form vary with ``style``."""
    first, second = len(words.COMPANY_FIRST), len(words.COMPANY_SECOND)
    base = pl.concat_str(
        choose(number % first, words.COMPANY_FIRST), pl.lit(" "),
        choose((number + number // first) % second, words.COMPANY_SECOND), pl.lit(" "),
        choose(number // (first * second), words.COMPANY_THIRD),
    ).str.strip_chars_end()  # fmt: skip
    written = (
        base, base + " Inc", base.str.to_uppercase() + ", INC.", base + " LLC",
        base.str.to_lowercase() + " inc.", base + " Ltd.", base, base + " Inc",
    )  # fmt: skip
    cell = base
    for position, variant in enumerate(written):
        cell = pl.when(style == position).then(variant).otherwise(cell)
    return when(number.is_not_null(), cell)
