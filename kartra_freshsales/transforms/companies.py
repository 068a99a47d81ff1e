"""Sales accounts from the company names of contacts (S25, S30–S33).

Two spellings are one company if they differ only in case, accents, punctuation or legal
form; the spellings are listed as variants. What does not belong here: fuzzy likeness, which
is for people to judge.
"""

import re
from collections.abc import Collection, Mapping

import polars as pl

from kartra_freshsales.transforms.distinct import over_distinct
from kartra_freshsales.transforms.records import PROVENANCE
from kartra_freshsales.transforms.text import without_accents
from kartra_freshsales.transforms.web_domains import SHARED_DOMAINS

ACCOUNTS: dict[str, pl.DataType] = {
    "account_key": pl.String(),
    "name": pl.String(),
    "website": pl.String(),
    "domain": pl.String(),
    "variants": pl.List(pl.String()),
    "contacts": pl.Int64(),
    "owner": pl.String(),
    **PROVENANCE,
    "sources": pl.List(pl.String()),
}
NEEDED = ("account_key", "company", "website", "owner", *PROVENANCE, "sources")
"""All that accounts need of golden contacts."""
_DOTTED = re.compile(r"\b(?:\w\.){2,}")
_APOSTROPHES = re.compile(r"['’‘`´]")
_GAPS = re.compile(r"[\W_]+")


def name_key(name: str, suffixes: Collection[str]) -> str | None:
    """The key of a company name, or None for a name of nothing but punctuation."""
    text = name.replace("&", " and ").replace("+", " plus ")
    bare = without_accents(text.casefold())
    joined = _DOTTED.sub(
        lambda found: found[0].replace(".", ""), _APOSTROPHES.sub("", bare)
    )
    words = _GAPS.sub(" ", joined).split()
    kept = list(words)
    while len(kept) > 1 and (kept[-1] in suffixes or kept[-1] == "and"):
        kept.pop()
    return " ".join(kept) or None


def account_keys(companies: pl.Series, suffixes: Collection[str]) -> pl.Series:
    """The account key of each company name (see ``name_key``), null without company."""
    endings = frozenset(suffixes)
    cell = pl.col("value")
    plain = ~cell.str.contains(r"[^\x00-\x7F]") & ~cell.str.contains(_DOTTED.pattern)
    frame = pl.DataFrame({"value": companies}).with_columns(plain.alias("plain"))
    odd = frame.select(pl.when(~pl.col("plain")).then("value")).to_series()
    one_by_one = over_distinct(odd, lambda name: name_key(name, endings), pl.String())
    # Step by step: one expression of all steps would repeat itself.
    words = (
        frame.lazy()
        .select(pl.when("plain").then(cell.str.to_lowercase()))
        .select(cell.str.replace_many(["&", "+", "'", "`"], [" and ", " plus ", "", ""]))
        .select(cell.str.replace_all(_GAPS.pattern, " ").str.strip_chars())
        .select(pl.coalesce(cell.str.extract(_before_endings(endings)), cell))
        .select(pl.when(cell != "").then(cell))
        .collect()
        .to_series()
    )
    return pl.select(pl.coalesce(words, one_by_one)).to_series().alias("account_key")


def _before_endings(endings: frozenset[str]) -> str:
    """What stands before the legal forms at the end of a name, which keeps one word."""
    forms = "|".join(sorted(map(re.escape, endings | {"and"})))
    return rf"^(.+?)(?: (?:{forms}))+$"


def domain(website: pl.Expr) -> pl.Expr:
    """The host of a website without ``www.``; null for shared hosts and for no host."""
    host = (
        website.str.to_lowercase()
        .str.strip_chars()
        .str.replace(r"^[a-z][a-z0-9+.-]*://", "")
        .str.extract(r"^(?:[^/@?#]*@)?([^/:?#@\s]+)")
        .str.replace(r"^www\d?\.", "")
        .str.strip_chars_end(".")
    )
    shared = host.str.extract(r"([^.]+\.[^.]+)$").is_in(SHARED_DOMAINS)
    is_host = host.str.contains(r"^[^.]+(\.[^.]+)+$")
    return pl.when(is_host & ~shared & ~host.is_in(SHARED_DOMAINS)).then(host)


def accounts(
    contacts: pl.DataFrame, names: Mapping[str, str] | None = None
) -> pl.DataFrame:
    """One row per company named by golden contacts, in the order of ``account_key``.

    The name is the one in ``names`` (by account key), else the spelling used most; the
    website the one used most among those that are not a shared host; of equals, the newest.
    The owner is that of the newest contact that has one; provenance is that of the newest
    contact.
    """
    members = (
        contacts.filter(pl.col("account_key").is_not_null())
        .sort(
            "_exported_at", "_batch", "_file", "_row",
            descending=True, nulls_last=True,
        )
        .with_columns(domain(pl.col("website")).alias("domain"))
        .with_columns(pl.when(pl.col("domain").is_not_null()).then("website"))
    )  # fmt: skip
    base = members.group_by("account_key", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("contacts"),
        pl.col("owner").drop_nulls().first(),
        *(pl.col(name).first() for name in PROVENANCE),
        pl.col("sources").explode(),
    )
    spellings = _ranked(members, "company")
    variants = spellings.group_by("account_key", maintain_order=True).agg(
        pl.col("company").first().alias("name"), pl.col("company").alias("variants")
    )
    sites = _ranked(members.drop_nulls("domain"), "website", "domain")
    sites = sites.unique("account_key", keep="first", maintain_order=True)
    joined = base.join(variants, on="account_key", how="left").join(
        sites, on="account_key", how="left"
    )
    if names:
        decided = pl.col("account_key").replace_strict(
            dict(names), default=None, return_dtype=pl.String
        )
        joined = joined.with_columns(pl.coalesce(decided, "name").alias("name"))
    return joined.select(pl.col(name).cast(dtype) for name, dtype in ACCOUNTS.items()).sort(
        "account_key"
    )


def _ranked(members: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """``account_key`` and columns, the most used first, of equals the newest."""
    return (
        members.with_row_index("age")
        .group_by("account_key", *columns)
        .agg(pl.len().alias("uses"), pl.col("age").min())
        .sort("account_key", "uses", "age", descending=[False, True, False])
        .select("account_key", *columns)
    )
