"""Contacts that may be one person, as proposals with score and reason (S85).

Nothing is merged here or because of this: a person writes the decision into
``mappings/duplicates.yaml``. Only people who share something are compared (a mailbox, a
phone, or a company, domain or postcode with the initials), so that the work grows with the
number of contacts. What does not belong here: companies (``company_lookalikes``).
"""

import polars as pl

from kartra_freshsales.mapping.decisions.duplicates import Duplicates
from kartra_freshsales.transforms import emails
from kartra_freshsales.transforms.companies import domain
from kartra_freshsales.transforms.distinct import over_distinct
from kartra_freshsales.transforms.mail_providers import NO_DOTS, PLUS_TAGS, SAME_DOMAIN
from kartra_freshsales.transforms.proposal_rows import decision, in_order, without_pairs
from kartra_freshsales.transforms.records import Finding
from kartra_freshsales.transforms.spelling import crowded, one_slip, pairs_in_blocks
from kartra_freshsales.transforms.text import folded_letters
from kartra_freshsales.transforms.web_domains import SHARED_DOMAINS

SAME, ALIKE, BLANK, OTHER = "same", "alike", "blank", "other"
_SHORTEST = 5  # letters of a name in which one slip is more likely than another name
_MOST_BEARERS = 10
"""Contacts of one name, above which the name and a postcode together are chance."""
_SCORES: dict[tuple[str, str], tuple[float, str]] = {
    ("mailbox", SAME): (0.97, "one mailbox, same name"),
    ("mailbox", ALIKE): (0.96, "one mailbox, names alike"),
    ("mailbox", BLANK): (0.95, "one mailbox"),
    ("mailbox", OTHER): (0.9, "one mailbox, other name"),
    ("phone", SAME): (0.92, "same phone and name"),
    ("phone", ALIKE): (0.85, "same phone, names alike"),
    ("phone", BLANK): (0.7, "same phone, no name to compare"),
    ("phone", OTHER): (0.5, "same phone, other name: a family or an office?"),
    ("company", SAME): (0.85, "same name and company"),
    ("company", ALIKE): (0.7, "same company, names alike"),
    ("domain", SAME): (0.8, "same name and mail domain"),
    ("domain", ALIKE): (0.65, "same mail domain, names alike"),
    ("postcode", SAME): (0.75, "same name and postcode"),
    ("postcode", ALIKE): (0.6, "same postcode, names alike"),
}
"""What people share, how their names compare: score and words."""


def mailbox(keys: pl.Expr) -> pl.Expr:
    """Under which address a provider delivers: its own rules, and no others."""
    host = emails.domain(keys)
    local = keys.str.extract(r"^(.*)@[^@]*$")
    bare = (
        pl.when(host.is_in(PLUS_TAGS)).then(local.str.extract(r"^([^+]+)")).otherwise(local)
    ).fill_null(local)
    dotless = pl.when(host.is_in(NO_DOTS)).then(bare.str.replace_all(".", "", literal=True))
    return pl.concat_str(dotless.otherwise(bare), pl.lit("@"), host.replace(SAME_DOMAIN))


def names_compared(pair: str) -> str:
    """How two names (``one`` and ``other`` on two lines) compare."""
    one, other = pair.split("\n")
    if not one or not other:
        return BLANK
    words, others = one.split(), other.split()
    if sorted(words) == sorted(others):
        return SAME
    if min(len(one), len(other)) >= _SHORTEST and one_slip(one, other):
        return ALIKE
    if len(words) < 2 or len(others) < 2 or words[-1] != others[-1]:  # noqa: PLR2004
        return OTHER
    shorter, longer = sorted((words[0], others[0]), key=len)
    initial = len(shorter) == 1 and longer.startswith(shorter)
    return ALIKE if initial or shorter == longer else OTHER


def contact_lookalikes(
    contacts: pl.DataFrame, decided: Duplicates
) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    """Propose contacts that may be one person.

    Args:
        contacts: golden contacts.
        decided: pairs called different are not proposed.

    Returns:
        ``PROPOSALS``, the most likely first, and how many were too crowded to compare.
    """
    people = _people(contacts)
    found, groups, left_out = [], 0, 0
    for what, block in _BLOCKS.items():
        blocks = people.select(block.alias("block"), "at")
        large, rows = crowded(blocks)
        groups, left_out = groups + large, left_out + rows
        found.append(pairs_in_blocks(blocks).with_columns(pl.lit(what).alias("what")))
    scored = _scored(_with_names(pl.concat(found), people))
    proposals = _described(scored, people, decided)
    if not groups:
        return proposals, ()
    return proposals, (
        Finding(
            f"contacts stand in {groups} group(s) that share a phone, or a company or "
            "domain and initials, and are too large to be compared",
            remedy="Nothing to do; what hundreds share is no sign of one person.",
            count=left_out,
        ),
    )


def _people(contacts: pl.DataFrame) -> pl.DataFrame:
    """What is compared, with the number of the row: ``at``."""
    name = pl.concat_str("first_name", "last_name", separator=" ", ignore_nulls=True)
    own = emails.domain(pl.col("contact_key"))
    people = contacts.select(
        "contact_key", "phone", "account_key",
        name.alias("name"),
        pl.coalesce(domain(pl.col("website")), own).alias("site"),
        pl.col("zip").str.to_lowercase().str.replace_all(r"\W", "").alias("zip"),
        mailbox(pl.col("contact_key")).alias("mailbox"),
        pl.format("{}/{}:{}", "_batch", "_file", "_row").alias("place"),
        "_exported_at",
    ).with_row_index("at")  # fmt: skip
    folded = over_distinct(people["name"], folded_letters, pl.String())
    return people.with_columns(folded.fill_null("").alias("name")).with_columns(
        _initials().alias("initials"),
        pl.len().over("name").alias("bearers"),
        pl.when(~pl.col("site").is_in(SHARED_DOMAINS)).then("site").alias("site"),
    )


def _initials() -> pl.Expr:
    """First letters of the first and the last word in order; null for a single word."""
    words = pl.col("name").str.split(" ")
    ends = pl.concat_list(
        words.list.first().str.head(1), words.list.last().str.head(1)
    ).list.sort()
    return pl.when(words.list.len() > 1).then(ends.list.join(""))


_BLOCKS: dict[str, pl.Expr] = {
    "mailbox": pl.col("mailbox"),
    "phone": pl.col("phone"),
    "company": pl.concat_str("account_key", "initials", separator="\n"),
    "domain": pl.concat_str("site", "initials", separator="\n"),
    "postcode": pl.concat_str(
        pl.when((pl.col("zip") != "") & (pl.col("bearers") <= _MOST_BEARERS)).then("zip"),
        "initials",
        separator="\n",
    ),
}


def _with_names(pairs: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    one, other = (people["name"].gather(pairs[side]) for side in ("one", "other"))
    both = pl.select(pl.concat_str(one, other, separator="\n")).to_series()
    compared = over_distinct(both, names_compared, pl.String())
    return pairs.with_columns(compared.alias("names"))


def _scored(pairs: pl.DataFrame) -> pl.DataFrame:
    """``one, other, score, reason``: the best reason counts, the others stand beside it."""
    rules = pl.DataFrame(
        [(*key, *value) for key, value in _SCORES.items()],
        schema=["what", "names", "score", "words"],
        orient="row",
    )
    return (
        pairs.join(rules, on=["what", "names"])
        .sort("one", "other", "score", "words", descending=[False, False, True, False])
        .group_by("one", "other", maintain_order=True)
        .agg(pl.col("score").max(), pl.col("words").str.join("; ").alias("reason"))
    )


def _described(
    scored: pl.DataFrame, people: pl.DataFrame, decided: Duplicates
) -> pl.DataFrame:
    sides = {
        name: people.select(
            pl.col("at").alias(name),
            pl.col("contact_key").alias(f"{name}_key"),
            pl.col("place").alias(f"{name}_at"),
            pl.col("_exported_at").alias(f"{name}_seen"),
        )
        for name in ("one", "other")
    }
    named = scored.join(sides["one"], on="one").join(sides["other"], on="other")
    newer = (pl.col("one_seen") >= pl.col("other_seen")).fill_null(True)
    chosen = named.with_columns(
        pl.when(newer).then(f"one{end}").otherwise(f"other{end}").alias(f"keep{end}")
        for end in ("_key", "_at")
    ).with_columns(
        pl.when(newer).then(f"other{end}").otherwise(f"one{end}").alias(f"gone{end}")
        for end in ("_key", "_at")
    )
    told = chosen.select(
        pl.lit("contact").alias("kind"),
        "score",
        "reason",
        pl.col("keep_key").alias("keep"),
        pl.col("gone_key").alias("other"),
        "keep_at",
        pl.col("gone_at").alias("other_at"),
        decision("contact", pl.col("gone_key"), pl.col("keep_key")),
    )
    return in_order(without_pairs(told, decided.different))
