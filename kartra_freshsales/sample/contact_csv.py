"""The contacts file as Kartra writes it: one text column per header.

What does not belong here: which rows there are and what they hold (``contact_rows``).
"""

from collections.abc import Sequence

import polars as pl

from kartra_freshsales.sample import consent, people, words
from kartra_freshsales.sample.contact_rows import LATER, ROW
from kartra_freshsales.sample.dice import choose, digits, has_bit, when
from kartra_freshsales.sample.people import PERSON
from kartra_freshsales.sample.scale import LAST_JOINED, Scale, outside_clock_change

_SEPARATORS = (", ", ";")
_TIME_ZONES = ("America/New_York", "America/Los_Angeles", "Europe/Berlin")


def contact_cells(rows: pl.DataFrame, scale: Scale) -> pl.DataFrame:
    """The cells of rows of one file, columns in the order of the file; blank is null."""
    words_told = rows.with_columns(LATER.alias("later")).join(
        consent.words_by_story(), on=["story", "later"], how="left", maintain_order="left"
    )
    batch = rows.item(0, "batch") if rows.height else 0
    separator = _SEPARATORS[batch % len(_SEPARATORS)]
    return words_told.select(
        *_identity(scale), *_place(scale), *_history(scale), *_groups(separator),
        *_standing(scale), *_custom_fields(scale, separator),
    )  # fmt: skip


def _text(name: str, cell: pl.Expr) -> pl.Expr:
    return cell.cast(pl.String).alias(name)


def _email(scale: Scale) -> pl.Expr:
    """The address; later rows differ in letter case or carry blanks around it."""
    dice = scale.dice
    invalid = dice.pick(PERSON, "invalid e-mail text", words.INVALID_EMAILS)
    address = people.email(scale)
    style = dice.roll(ROW, "e-mail style", 6)
    plain = ~LATER & dice.chance(PERSON, "plain e-mail", 0.9)
    return (
        pl.when(people.lacks_email(scale)).then(None)
        .when(people.has_invalid_email(scale)).then(invalid)
        .when(people.is_test(scale)).then(pl.format("test{}@kartra.com", PERSON))
        .when(plain | style.gt(3)).then(address)
        .when(style.eq(0)).then(address.str.to_uppercase())
        .when(style.eq(1)).then(pl.format(" {} ", address))
        .otherwise(address.str.slice(0, 1).str.to_uppercase() + address.str.slice(1))
    )  # fmt: skip


def _identity(scale: Scale) -> list[pl.Expr]:
    dice = scale.dice
    named = ~people.lacks_name(scale)
    renamed = LATER & dice.chance(ROW, "other given name", 0.1)
    other = dice.pick(ROW, "given name", tuple(words.GIVEN_NAMES))
    given = pl.when(renamed).then(other).otherwise(people.given_name(scale))
    middle = dice.pick(PERSON, "middle name", ("J.", "M.", "Lee", "Ann"))
    return [
        _text("id", people.kartra_id()),
        _text("first_name", when(named, given)),
        _text("middle_name", when(named & dice.chance(PERSON, "has middle", 0.04), middle)),
        _text("last_name", when(named, people.family_name(scale))),
        _text("last_name2", pl.lit(None)),
        _text("email", _email(scale)),
        _text("phone_country_code", people.calling_code_cell(scale)),
        _text("phone", people.phone(scale, moved=pl.col("moved"))),
        _text("company", _company(scale)),
    ]


def _company(scale: Scale) -> pl.Expr:
    style = scale.dice.roll(ROW, "company style", 8)
    return people.company_name(pl.col("company"), style)


def _place(scale: Scale) -> list[pl.Expr]:
    dice = scale.dice
    country = people.country(scale)
    known = dice.chance(PERSON, "has address", 0.5)

    def of_country(part: int) -> pl.Expr:
        texts = {name: place[part] or None for name, place in words.PLACES.items()}
        return country.replace_strict(texts, return_dtype=pl.String)

    street = dice.pick(PERSON, "street", words.STREETS)
    zip_code = of_country(2) + dice.roll(PERSON, "zip", 10).cast(pl.String)
    website = pl.format("https://company{}.example.com", pl.col("company"))
    profile = pl.format("https://social.example.org/{}", PERSON)
    return [
        _text("address", when(known, street)),
        _text("city", when(known, of_country(0))),
        _text("state", when(known, of_country(1))),
        _text("zip", when(known, zip_code)),
        _text("country", country),
        _text("website", when(dice.chance(PERSON, "has website", 0.6), website)),
        *(
            _text(name, when(dice.chance(PERSON, f"has {name}", 0.03), profile))
            for name in ("facebook", "twitter", "linkedin", "instagram")
        ),
        _text("ip", pl.format("203.0.113.{}", dice.roll(PERSON, "ip", 254) + 1)),
        _text("ip_country", country),
    ]


def _history(scale: Scale) -> list[pl.Expr]:
    dice = scale.dice
    joined = outside_clock_change(people.date_joined(scale))
    stale = dice.chance(PERSON, "stale", 0.12)
    score = pl.when(stale).then(0).otherwise(dice.roll(ROW, "score", 400))
    referred = pl.format("partner-{}", dice.roll(PERSON, "referrer", 40))
    zone = dice.pick(PERSON, "time zone", _TIME_ZONES)
    business = dice.pick(PERSON, "business type", ("LLC", "Sole trader"))
    note = choose(pl.col("note"), words.NOTES)
    return [
        _text("date_joined", joined.dt.strftime("%Y-%m-%d %H:%M:%S")),
        _text("source", dice.weighted(PERSON, "source", words.SOURCES)),
        _text("score", score),
        _text("referring_id", when(dice.chance(PERSON, "referred", 0.05), referred)),
        _text("lead_preferred_time_zone", when(dice.chance(PERSON, "zoned", 0.3), zone)),
        _text("sales_tax_id", pl.lit(None)),
        _text("business_type", when(dice.chance(PERSON, "has type", 0.02), business)),
        _text("notes", note),
    ]


def _together(parts: Sequence[pl.Expr], separator: str) -> pl.Expr:
    """The parts that are there, in one cell; null where none is."""
    cell = pl.concat_str(parts, separator=separator, ignore_nulls=True)
    return pl.when(cell != "").then(cell)


def _groups(separator: str) -> list[pl.Expr]:
    def joined(bits: str, texts: Sequence[str]) -> pl.Expr:
        parts = [when(has_bit(pl.col(bits), at), text) for at, text in enumerate(texts)]
        return _together(parts, separator)

    tags = joined("tags", tuple(words.TAGS))
    cased = pl.when(pl.col("shouted")).then(tags.str.to_uppercase()).otherwise(tags)
    return [
        _text("tags", cased),
        _text("lists", joined("lists", tuple(words.LISTS))),
        _text("sequences", joined("sequences", tuple(words.SEQUENCES))),
        _text("memberships", joined("memberships", tuple(words.MEMBERSHIPS))),
    ]


def _standing(scale: Scale) -> list[pl.Expr]:
    dice = scale.dice
    harmless = dice.weighted(ROW, "mail status", consent.HARMLESS)
    blocked = pl.col("block").eq("Blocklisted").fill_null(value=False)
    latest_first = pl.lit(LAST_JOINED) - pl.duration(days=40)
    first = pl.min_horizontal(people.date_joined(scale).dt.offset_by("1h"), latest_first)
    moment = outside_clock_change(first) + pl.duration(days=pl.col("consent_day"))
    owner = choose(pl.col("owner"), words.OWNERS)
    shouted = dice.chance(ROW, "owner in capitals", 0.03)
    return [
        _text("status", pl.coalesce("block", harmless)),
        _text("blacklisted", blocked.cast(pl.Int8)),
        _text("gdpr_status", pl.col("gdpr_status")),
        _text("gdpr_communications", pl.col("gdpr_communications")),
        _text("gdpr_status_date", moment.dt.strftime("%d %b %Y %H:%M")),
        _text(
            "gdpr_status_ip",
            when(moment.is_not_null(), pl.format("198.51.100.{}", PERSON % 250 + 1)),
        ),
        _text("owner", pl.when(shouted).then(owner.str.to_uppercase()).otherwise(owner)),
    ]


def _custom_fields(scale: Scale, separator: str) -> list[pl.Expr]:
    """One column per custom field of the account, all five kinds of them."""
    dice = scale.dice
    size = dice.pick(PERSON, "company size", words.COMPANY_SIZES)
    way = dice.pick(PERSON, "preference", words.PREFERENCES)
    topic = dice.pick(ROW, "topic", words.TOPICS)
    about = dice.pick(PERSON, "about", words.ABOUT_YOU)
    long = dice.chance(PERSON, "long about", 0.05)
    numbered = pl.format("{}({})", pl.lit(words.ABOUT_LONG * 8), digits(PERSON, 3))
    about_cell = pl.when(long).then(numbered).otherwise(about)
    return [
        _text("Company size", when(dice.chance(PERSON, "has size", 0.45), size)),
        _text("Preferred contact", when(dice.chance(PERSON, "has way", 0.35), way)),
        _text("Interests", _interests(scale, separator)),
        _text("Main topic", when(dice.chance(ROW, "has topic", 0.3), topic)),
        _text("About you", when(dice.chance(PERSON, "has about", 0.15), about_cell)),
    ]


def _interests(scale: Scale, separator: str) -> pl.Expr:
    """Several ticked boxes in one cell, joined like tags."""
    ticked = [
        when(scale.dice.chance(PERSON, f"interest/{text}", share), text)
        for text, share in words.INTERESTS.items()
    ]
    answered = scale.dice.chance(PERSON, "has interests", 0.4)
    return when(answered, _together(ticked, separator))
