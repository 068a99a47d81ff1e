"""Which export shows which person, and what each showing says: numbers and flags only.

One row per line of the contacts files, in the order of the files. What does not belong
here: the text of the cells (``contact_csv``), what must come of the rows (``truth``).
"""

import polars as pl

from kartra_freshsales.sample import consent, people, words
from kartra_freshsales.sample.dice import when
from kartra_freshsales.sample.people import PERSON
from kartra_freshsales.sample.scale import Scale

ROW = pl.col("row")
LATER = pl.col("seq") > 0
_SHOWINGS = 256  # more rows than any person has: a row's own number is person * 256 + seq
_RE_EXPORTED = 0.15
_TWICE, _THRICE = 0.04, 0.012
_IN_SEGMENT = 0.05
_ALWAYS_THRICE = 2  # the person whose awkwardness does not depend on the dice


def home_batch(scale: Scale) -> pl.Expr:
    """The batch that shows a person first; those who joined early come early."""
    return PERSON * scale.batches // scale.contacts


def contact_rows(scale: Scale) -> pl.DataFrame:
    """All contact rows in file order.

    Columns: ``person, batch, part`` (0 the whole export, 1 a segment of it exported again),
    ``seq`` (how many rows showed the person before), ``last``, ``row`` (a key for dice),
    ``company, owner, note`` (numbers or null), ``tags, lists, sequences, memberships``
    (bits), ``shouted`` (tags in capitals), ``moved`` (newer phone), ``block, story``.
    """
    showings = pl.concat([*_exports(scale), *_repeats(scale), _segment(scale)])
    ordered = showings.sort("batch", "part", "place")
    seen = pl.int_range(pl.len(), dtype=pl.Int64).over("person")
    rows = ordered.select(
        "person", "batch", "part", seen.alias("seq"),
        pl.len().over("person").cast(pl.Int64).alias("showings"),
    ).with_columns(
        (PERSON * _SHOWINGS + pl.col("seq")).alias("row"),
        (pl.col("seq") == pl.col("showings") - 1).alias("last"),
    )  # fmt: skip
    told = rows.with_columns(*_values(scale), *_sets(scale), *_consent(scale))
    return told.with_columns(_shouted(scale).alias("shouted")).drop("showings")


def _people(scale: Scale) -> pl.DataFrame:
    return pl.select(pl.int_range(scale.contacts, dtype=pl.Int64).alias("person"))


def _shown(
    frame: pl.DataFrame, batch: pl.Expr, place: pl.Expr, part: int = 0
) -> pl.DataFrame:
    return frame.select(
        "person",
        batch.cast(pl.Int64).alias("batch"),
        pl.lit(part, dtype=pl.Int64).alias("part"),
        (place * 4 + part).alias("place"),
    )


def _exports(scale: Scale) -> list[pl.DataFrame]:
    """Everyone once in the batch at home, some of them again in later ones."""
    everyone = _people(scale)
    shown = [_shown(everyone, home_batch(scale), PERSON)]
    for batch in range(1, scale.batches):
        again = scale.dice.chance(PERSON, f"again in {batch}", _RE_EXPORTED)
        older = everyone.filter((home_batch(scale) < batch) & again)
        shown.append(_shown(older, pl.lit(batch), PERSON))
    return shown


def _repeats(scale: Scale) -> list[pl.DataFrame]:
    """Second and third rows in one file, always below the first."""
    thrice = PERSON.eq(_ALWAYS_THRICE) | scale.dice.chance(PERSON, "thrice", _THRICE)
    twice = thrice | scale.dice.chance(PERSON, "twice", _TWICE)
    below = PERSON + 1 + scale.dice.roll(PERSON, "below", 17)
    everyone, home = _people(scale), home_batch(scale)
    return [
        _shown(everyone.filter(twice), home, below),
        _shown(everyone.filter(thrice), home, below + 20),
    ]


def _segment(scale: Scale) -> pl.DataFrame:
    """A few of the last batch once more, in a file of their own exported minutes later."""
    last = scale.batches - 1
    chosen = scale.dice.chance(PERSON, "in segment", _IN_SEGMENT)
    forced = PERSON.eq(scale.contacts - 1)
    there = _people(scale).filter(home_batch(scale).eq(last) & (chosen | forced))
    return _shown(there, pl.lit(last), PERSON, part=1)


def _values(scale: Scale) -> list[pl.Expr]:
    """Company, owner and note: kept, changed or blanked by later rows; the newer phone."""
    dice = scale.dice
    return [
        _told_again(
            scale, "company", people.company_number(scale), people.companies(scale)
        ).alias("company"),
        _told_again(
            scale, "owner",
            when(dice.chance(PERSON, "has owner", 0.7), dice.roll(PERSON, "owner", 3)),
            len(words.OWNERS),
        ).alias("owner"),
        _told_again(
            scale, "note",
            when(dice.chance(PERSON, "has note", 0.12), dice.roll(PERSON, "note", 6)),
            len(words.NOTES),
        ).alias("note"),
        (LATER & dice.chance(PERSON, "moved", 0.2)).alias("moved"),
    ]  # fmt: skip


def _told_again(scale: Scale, what: str, first: pl.Expr, choices: int) -> pl.Expr:
    """The first value; later rows change one in ten and leave out one in six."""
    changes = scale.dice.chance(ROW, f"{what} changes", 0.1)
    left_out = scale.dice.chance(ROW, f"{what} left out", 1 / 6)
    other = scale.dice.roll(ROW, f"new {what}", choices)
    return (
        pl.when(~LATER).then(first)
        .when(first.is_not_null() & changes).then(other)
        .when(left_out).then(None)
        .otherwise(first)
    )  # fmt: skip


def _sets(scale: Scale) -> list[pl.Expr]:
    """Tags, lists and the like: later rows of some lack a few and bring others."""
    sets = {
        "tags": words.TAGS,
        "lists": words.LISTS,
        "sequences": words.SEQUENCES,
        "memberships": words.MEMBERSHIPS,
    }
    return [
        _set(scale, name, tuple(shares.values())).alias(name)
        for name, shares in sets.items()
    ]


def _set(scale: Scale, name: str, shares: tuple[float, ...]) -> pl.Expr:
    dice = scale.dice
    base = dice.bits(PERSON, name, shares)
    lacking = dice.bits(ROW, f"{name} dropped", (0.3,) * len(shares))
    extra = dice.bits(ROW, f"{name} added", tuple(share / 3 for share in shares))
    other = (base - (base & lacking)) | extra
    return pl.when(LATER & _sets_change(scale)).then(other).otherwise(base)


def _sets_change(scale: Scale) -> pl.Expr:
    return PERSON.ne(_ALWAYS_THRICE) & scale.dice.chance(PERSON, "sets change", 0.4)


def _shouted(scale: Scale) -> pl.Expr:
    """Rows that write all tags in capitals.

    Only rows between two that write the same tags as they are spelled: whichever spelling
    survives, it is the proper one.
    """
    between = LATER & ~pl.col("last") & ~_sets_change(scale)
    return between & (PERSON.eq(_ALWAYS_THRICE) | scale.dice.chance(ROW, "shouted", 0.4))


def _consent(scale: Scale) -> list[pl.Expr]:
    """The story and the block; a story that changes needs a later row to be told."""
    dice = scale.dice
    steady = dice.weighted(PERSON, "story", {s.name: s.weight for s in consent.STEADY})
    changing = dice.weighted(PERSON, "story", {s.name: s.weight for s in consent.CHANGING})
    changes = (pl.col("showings") > 1) & dice.chance(PERSON, "story changes", 0.6)
    block = dice.weighted(PERSON, "block", consent.BLOCK_WEIGHTS)
    return [
        pl.when(changes).then(changing).otherwise(steady).alias("story"),
        when(dice.chance(PERSON, "has block", 0.08), block).alias("block"),
    ]
