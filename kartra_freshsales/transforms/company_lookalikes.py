"""Company names that may be one company, as proposals with score and reason (S32).

Spellings that differ in case, punctuation or legal form are one account already; these
differ in more, so a person decides in ``mappings/duplicates.yaml``. Only names that share a
website, their words, or all letters but one are compared.
What does not belong here: people (``lookalikes``).
"""

from collections.abc import Callable, Collection

import polars as pl

from kartra_freshsales.mapping.decisions.duplicates import Duplicates
from kartra_freshsales.transforms.companies import name_key
from kartra_freshsales.transforms.distinct import over_distinct
from kartra_freshsales.transforms.proposal_rows import decision, in_order
from kartra_freshsales.transforms.records import Finding
from kartra_freshsales.transforms.spelling import (
    MOST_IN_A_BLOCK,
    crowded,
    one_slip,
    pairs_in_blocks,
    same_numbers,
    slip_blocks,
)

GENERIC = frozenset(
    {"group", "holding", "holdings", "international", "intl", "global", "worldwide",
     "services", "solutions", "the", "and", "of", "usa", "us", "uk", "de", "europe"}
)  # fmt: skip
"""Words that a company's name has in one place and lacks in another."""
_SHORTEST = 6  # letters of a key in which one slip is more likely than another name
_REASONS: dict[str, tuple[float, str]] = {
    "words": (0.9, "same words, other order or blanks"),
    "website": (0.8, "same website"),
    "slip": (0.75, "one letter differs"),
    "generic": (0.6, "only words such as Group or International differ"),
}
_SHARED = {
    "words": "have the same words",
    "website": "have the same website",
    "slip": "differ in one letter at the same place",
    "generic": "differ only in words such as Group",
}


def account_lookalikes(
    accounts: pl.DataFrame, decided: Duplicates, suffixes: Collection[str]
) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    """Propose company names that may be one company.

    Args:
        accounts: of ``companies.accounts``.
        decided: pairs called different are not proposed.
        suffixes: legal forms, as for account keys.

    Returns:
        ``PROPOSALS``, the most likely first; ``keep`` is the name more contacts use. And
        how many names were too crowded to compare.
    """
    named = accounts.select(
        "account_key", "name", "domain", "contacts",
        pl.format("{}/{}:{}", "_batch", "_file", "_row").alias("place"),
    ).with_row_index("at")  # fmt: skip
    keys = named["account_key"]
    blocks = _blocks(named)
    pairs = [
        pairs_in_blocks(shared).with_columns(pl.lit(what).alias("what"))
        for what, shared in blocks.items()
    ]
    found = _described(_that_hold(pl.concat(pairs), keys), named, decided, suffixes)
    return found, _not_compared(blocks)


def _not_compared(blocks: dict[str, pl.DataFrame]) -> tuple[Finding, ...]:
    counted = {what: crowded(shared) for what, shared in blocks.items()}
    return tuple(
        Finding(
            f"company names stand in {groups} group(s) of more than {MOST_IN_A_BLOCK} that "
            f"{_SHARED[what]}, and were not compared with each other",
            remedy="Nothing to do where they are different companies; those that are one "
            "go under merge_accounts in mappings/duplicates.yaml.",
            count=rows,
        )
        for what, (groups, rows) in counted.items()
        if groups
    )


def _blocks(named: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Per reason ``block, at``."""
    keys = named["account_key"]
    words = [_block(keys, _in_order_of_words), _block(keys, _without_blanks)]
    return {
        "website": named.select(pl.col("domain").alias("block"), "at"),
        "words": pl.concat(words),
        "generic": _block(keys, _without_generic_words),
        "slip": slip_blocks(keys),
    }


def _block(keys: pl.Series, function: Callable[[str], str | None]) -> pl.DataFrame:
    blocks = over_distinct(keys, function, pl.String()).alias("block")
    return pl.DataFrame({"block": blocks}).with_row_index("at").select("block", "at")


def _in_order_of_words(key: str) -> str:
    return " ".join(sorted(key.split()))


def _without_blanks(key: str) -> str:
    return key.replace(" ", "")


def _without_generic_words(key: str) -> str | None:
    return " ".join(word for word in key.split() if word not in GENERIC) or None


def _that_hold(pairs: pl.DataFrame, keys: pl.Series) -> pl.DataFrame:
    """``one, other, score, reason``: sharing most letters is no reason by itself."""
    both = pl.DataFrame({side: keys.gather(pairs[side]) for side in ("one", "other")})
    slips = over_distinct(
        both.select(pl.concat_str("one", "other", separator="\n")).to_series(),
        _is_slip,
        pl.Boolean(),
    )
    rules = pl.DataFrame(
        [(what, *value) for what, value in _REASONS.items()],
        schema=["what", "score", "words"],
        orient="row",
    )
    return (
        pairs.filter((pl.col("what") != "slip") | slips)
        .join(rules, on="what")
        .sort("one", "other", "score", descending=[False, False, True])
        .group_by("one", "other", maintain_order=True)
        .agg(pl.col("score").max(), pl.col("words").str.join("; ").alias("reason"))
    )


def _is_slip(pair: str) -> bool:
    one, other = pair.split("\n")
    long_enough = min(len(one), len(other)) >= _SHORTEST
    return long_enough and same_numbers(one, other) and one_slip(one, other)


def _described(
    pairs: pl.DataFrame,
    named: pl.DataFrame,
    decided: Duplicates,
    suffixes: Collection[str],
) -> pl.DataFrame:
    """``PROPOSALS`` of the pairs that nobody has rejected."""
    more = named["contacts"].gather(pairs["one"]) >= named["contacts"].gather(
        pairs["other"]
    )
    chosen = pairs.with_columns(
        pl.when(more).then("one").otherwise("other").alias("keep"),
        pl.when(more).then("other").otherwise("one").alias("gone"),
    )
    keep, gone = (named.select(pl.all().gather(chosen[side])) for side in ("keep", "gone"))
    told = chosen.select(
        pl.lit("account").alias("kind"), "score", "reason",
        keep["name"].alias("keep"), gone["name"].alias("other"),
        keep["place"].alias("keep_at"), gone["place"].alias("other_at"),
    ).with_columns(decision("account", pl.col("other"), pl.col("keep")))  # fmt: skip
    rejected = {
        frozenset(name_key(name, suffixes) for name in pair)
        for pair in decided.different_accounts
    }
    open_still = [
        frozenset(pair) not in rejected
        for pair in zip(keep["account_key"], gone["account_key"], strict=True)
    ]
    return in_order(told.filter(pl.Series(open_still, dtype=pl.Boolean)))
