"""Consent: what one row says, and what all rows of a person say together (S57–S60, G10).

A row states facts: a GDPR state with its date, and a block told by the mail status, dated
by its export. Facts are combined without regard to the order of rows or files:

* a refusal stands unless some consent is dated later than it (without a date it stands);
* else an "unknown" stands unless a consent is dated later than it;
* else there is a consent, or nothing at all, which is ``not_subscribed``.

A refusal given as a day holds to the end of that day, a consent from its beginning, so that
two facts of one day never lift a refusal. What does not belong here: Freshsales' words.
"""

from collections.abc import Mapping
from functools import partial

import polars as pl

from kartra_freshsales.mapping.cleaning_rules import ConsentRules, folded
from kartra_freshsales.transforms.columns import CUSTOM, custom_columns
from kartra_freshsales.transforms.distinct import over_distinct
from kartra_freshsales.transforms.records import MOMENT, Finding, findings_by_file

SUBSCRIBED = "subscribed"
NOT_SUBSCRIBED = "not_subscribed"
UNSUBSCRIBED = "unsubscribed"
BOUNCED = "bounced"
SPAM = "reported_as_spam"
REFUSALS = (SPAM, BOUNCED, UNSUBSCRIBED)
"""States that stop mail, the strongest first."""

_UNKNOWN_WORD = "is a word that no consent table knows; it counts as not subscribed"
_COLUMNS = {
    "gdpr_status": "statuses",
    "gdpr_communications": "communications",
    "mail_status": "mail",
}
_NEW_WORD = "?"
_FLAG_HEADERS = ("blacklisted", "blocklisted", "bounced")
_NO_FLAG = r"^(?:0+(?:\.0+)?|no|none|never|false|off|n|f|unchecked|-)?$"
"""Cells that say of a flag that it is not set; every other one may mean that it is."""


def read_consent(
    frame: pl.DataFrame, rules: ConsentRules
) -> tuple[pl.DataFrame, list[Finding]]:
    """Add what each row says.

    Args:
        frame: ``gdpr_status, gdpr_communications, mail_status`` as text, null where blank,
            with ``_file`` and ``_row``.
        rules: the word tables.

    Returns:
        The frame with ``gdpr_state`` (null where the row says nothing), ``block`` (a state
        told by the mail status, ``not_subscribed`` for an unknown word, else null) and
        ``consent`` (the row alone); and one finding per file for unknown words.
    """
    findings: list[Finding] = []
    means = {}
    for column, table_name in _COLUMNS.items():
        meaning = partial(_meaning, table=getattr(rules, table_name))
        means[column] = over_distinct(frame[column], meaning, pl.String())
        findings += findings_by_file(
            frame.select("_file", "_row").filter(
                (means[column] == _NEW_WORD).fill_null(False)
            ),
            _UNKNOWN_WORD,
            column=column,
            remedy=f"Add the word to {table_name} in mappings/consent.yaml.",
        )
    meanings = [series.alias(f"_means_{name}") for name, series in means.items()]
    stated = frame.with_columns(meanings).with_columns(
        _gdpr_state(rules).alias("gdpr_state"),
        _block(_blocklisted(frame)).alias("block"),
    )
    refusal = pl.col("block").is_in(REFUSALS)
    unsure = pl.col("block").is_not_null() & (pl.col("gdpr_state") == SUBSCRIBED)
    row = (
        pl.when(refusal)
        .then("block")
        .when(unsure)
        .then(pl.lit(NOT_SUBSCRIBED))
        .otherwise(pl.col("gdpr_state").fill_null(NOT_SUBSCRIBED))
    )
    return stated.with_columns(row.alias("consent")).drop(
        f"_means_{c}" for c in _COLUMNS
    ), findings


def _meaning(word: str, table: Mapping[str, str]) -> str:
    return table.get(folded(word), _NEW_WORD)


def _gdpr_state(rules: ConsentRules) -> pl.Expr:
    """The state of the two GDPR cells together; null where both are blank."""
    status, mail = pl.col("_means_gdpr_status"), pl.col("_means_gdpr_communications")
    no = (mail == "no").fill_null(False)
    return (
        pl.when(status.is_null() & mail.is_null())
        .then(None)
        .when(status == "refused")
        .then(pl.lit(UNSUBSCRIBED))
        .when(no & ((status == "accepted") | status.is_null()))
        .then(pl.lit(UNSUBSCRIBED))
        .when((status == "accepted") & (mail == "yes"))
        .then(pl.lit(SUBSCRIBED))
        .when((status == "not_subject") & ~no)
        .then(pl.lit(rules.not_subject))
        .otherwise(pl.lit(NOT_SUBSCRIBED))
    )


def _block(blocklisted: pl.Expr) -> pl.Expr:
    meaning = pl.col("_means_mail_status")
    return (
        pl.when(meaning.is_in(REFUSALS))
        .then(meaning)
        .when(blocklisted)
        .then(pl.lit(BOUNCED))
        .when(meaning == _NEW_WORD)
        .then(pl.lit(NOT_SUBSCRIBED))
    )


def _blocklisted(frame: pl.DataFrame) -> pl.Expr:
    """Whether a column of flags beside the mail status may say that mail is blocked.

    What is not plainly a no counts as a yes (``Y``, ``x``, a date, a number of bounces): a
    word that nobody thought of must not make anybody be written to.
    """
    flags = [
        ~pl.col(name).str.strip_chars().str.to_lowercase().str.contains(_NO_FLAG)
        for name in custom_columns(frame)
        if name.removeprefix(CUSTOM).strip().lower() in _FLAG_HEADERS
    ]
    return pl.any_horizontal(pl.lit(False), *(flag.fill_null(False) for flag in flags))


def _floor() -> pl.Expr:
    return pl.lit("0001-01-01 00:00:00").str.to_datetime(time_unit="us", time_zone="UTC")


def _ceiling() -> pl.Expr:
    return pl.lit("9999-12-31 00:00:00").str.to_datetime(time_unit="us", time_zone="UTC")


def _holds_until() -> pl.Expr:
    """The last moment a fact dated by its consent date may have been stated."""
    day_only = ~pl.col("gdpr_status_date_raw").str.contains(":", literal=True).fill_null(
        True
    )
    date = pl.col("gdpr_status_date")
    end = (
        pl.when(day_only).then(date.dt.offset_by("1d").dt.offset_by("-1us")).otherwise(date)
    )
    return end.fill_null(_ceiling())


def resolve(facts: pl.DataFrame, key: str) -> pl.DataFrame:
    """Combine the facts of each person.

    Args:
        facts: ``gdpr_state, block, gdpr_status_date, gdpr_status_date_raw, _exported_at``
            and the key, any number of rows per key, in any order.
        key: the column that names the person.

    Returns:
        One row per key: ``consent``; ``gdpr_state`` as the GDPR facts alone say (null if
        there are none); ``block`` if a block by mail status stands.
    """
    gdpr, block = pl.col("gdpr_state"), pl.col("block")
    until, shown = _holds_until(), pl.col("_exported_at").fill_null(_ceiling())
    consented = pl.when(gdpr == SUBSCRIBED).then(
        pl.col("gdpr_status_date").fill_null(_floor())
    )
    gathered = facts.group_by(key).agg(
        consented.max().cast(MOMENT).alias("consented"),
        pl.when(gdpr == UNSUBSCRIBED).then(until).max().alias("refused"),
        pl.when(gdpr == NOT_SUBSCRIBED).then(until).max().alias("unknown"),
        pl.when(block == NOT_SUBSCRIBED).then(shown).max().alias("unsure"),
        *(pl.when(block == state).then(shown).max().alias(state) for state in REFUSALS),
    )
    return gathered.select(
        key, _standing_gdpr().alias("gdpr_state"), _standing_block().alias("block")
    ).with_columns(_combined().alias("consent"))


def _stands(fact: str) -> pl.Expr:
    """Whether a fact exists and no consent is dated later than it."""
    lifted = (pl.col("consented") > pl.col(fact)).fill_null(False)
    return pl.col(fact).is_not_null() & ~lifted


def _standing_gdpr() -> pl.Expr:
    return (
        pl.when(_stands("refused"))
        .then(pl.lit(UNSUBSCRIBED))
        .when(_stands("unknown"))
        .then(pl.lit(NOT_SUBSCRIBED))
        .when(pl.col("consented").is_not_null())
        .then(pl.lit(SUBSCRIBED))
        .otherwise(pl.lit(None, pl.String))
    )


def _standing_block() -> pl.Expr:
    strongest = [pl.when(_stands(state)).then(pl.lit(state)) for state in REFUSALS]
    return pl.coalesce(*strongest, pl.when(_stands("unsure")).then(pl.lit(NOT_SUBSCRIBED)))


def _combined() -> pl.Expr:
    block, gdpr = pl.col("block"), pl.col("gdpr_state")
    return (
        pl.when(block.is_in(REFUSALS))
        .then(block)
        .when(block.is_not_null() & (gdpr == SUBSCRIBED))
        .then(pl.lit(NOT_SUBSCRIBED))
        .otherwise(gdpr.fill_null(NOT_SUBSCRIBED))
    )
