"""The tags of the account, and which of them are the trace of an event (S46, S80, G9).

Kartra exports no behaviour. What somebody did survives only where an automation set a tag
for it, so the words of the tags are all there is to look at. Not here: renaming or dropping
tags (``mapping``), what was lost (``gaps``).
"""

import polars as pl

from kartra_freshsales.transforms.records import Finding
from kartra_freshsales.transforms.spelling import (
    MOST_IN_A_BLOCK,
    crowded,
    one_slip,
    pairs_in_blocks,
    slip_blocks,
)

SCHEMA: dict[str, pl.DataType] = {
    "tag": pl.String(),
    "contacts": pl.Int64(),
    "behavioural": pl.Boolean(),
    "event": pl.String(),
    "evidence": pl.String(),
    "similar_to": pl.String(),
    "proposal": pl.String(),
}

_GONE = r"no ?shows?|miss(?:ed|es)?|skip(?:ped|s)?"
_SIGNED = (
    r"regist(?:ered|rants?|ration|er)s?|sign(?:ed)? ?ups?|enrol(?:l?ed)?|rsvp(?:d|ed)?"
)
_CAME = (
    r"attend(?:ed|ees?|s)?|joined|showed ?up|watch(?:ed|es)?|replay(?:ed|s)?|stayed|left"
)
_DONE = (
    r"complet(?:ed|es?|ions?)|submi(?:t|ts|tted|ssions?)|filled|finish(?:ed)?"
    r"|answer(?:ed|s)?"
)
_BEGUN = (
    r"start(?:ed|s)?|abandon(?:ed|s|ment)?|taken|took|pass(?:ed)?|fail(?:ed)?"
    r"|results?|scored?"
)
_ENDED = r"ended?|expired|cancel(?:l?ed)?|renewed|paused|upgraded|downgraded"
_BOOKED = r"book(?:ed|ings?)|(?:re)?schedul(?:ed|es?)|cancel(?:l?ed)"
_SEEN = r"visit(?:ed|s|ors?)?|view(?:ed|s|ers?)?|landed|browsed|seen|saw"
_SHOWN = r"webinars?|master ?class(?:es)?|work ?shops?|summits?|live ?streams?|trainings?"
_SURVEY = r"surveys?|polls?|questionnaires?|nps"
_QUIZ = r"quiz(?:zes)?|assessments?|tests?"
_FORM = r"forms?|applications?|enquir(?:y|ies)|inquir(?:y|ies)"
_CART = r"carts?|checkouts?|baskets?"
_CALL = (
    r"calls?|appointments?|consult(?:ation)?s?|demos?|meetings?|sessions?|calendars?"
    r"|discovery"
)
_VIDEO = r"videos?|vsl|movie|recording"
_MAIL = r"e ?mails?|newsletters?|broadcasts?|campaigns?|sequences?|messages?|links?"
_PAYMENT = r"payments?|rebills?|renewals?|cards?"
_PLAN = r"subscriptions?|trials?|plans?|memberships?"
_COURSE = (
    r"courses?|lessons?|modules?|memberships?|members? area|academy|program(?:me)?s?|portal"
)
_PAGE = r"pages?|sites?|websites?|blogs?|pricing|checkout|landing"


def _either(noun: str, deed: str) -> str:
    """Both words, in either order, with anything between."""
    return rf"\b(?:{noun})\b.*?\b(?:{deed})\b|\b(?:{deed})\b.*?\b(?:{noun})\b"


def _any(*words: str) -> str:
    """One of the words, whole."""
    return rf"\b(?:{'|'.join(words)})\b"


PATTERNS: tuple[tuple[str, str], ...] = (
    ("webinar", _either(_SHOWN, f"{_SIGNED}|{_CAME}|{_GONE}|{_DONE}|invited")),
    ("survey", _either(_SURVEY, f"{_DONE}|{_BEGUN}|voted")),
    ("quiz", _either(_QUIZ, f"{_DONE}|{_BEGUN}")),
    ("form", _either(_FORM, f"{_DONE}|sent")),
    ("form", _any(r"opt(?:ed)? ?ins?", "applied")),
    ("cart", _either(_CART, r"abandon(?:ed|s|ment)?|left|add(?:ed)?")),
    ("call", _either(_CALL, f"{_BOOKED}|{_GONE}|{_CAME}|{_DONE}|held|had")),
    ("call", _any(r"no ?shows?", r"(?:call|phone) ?back requested", r"called (?:us|in)")),
    ("video", _either(_VIDEO, rf"{_CAME}|{_DONE}|play(?:ed|s)?|view(?:ed|s)?|started")),
    ("video", _any("watched")),
    ("download", _any("downloaded", "downloads")),
    ("click", _any(r"click(?:ed|s|ers?)")),
    ("open", _any(r"(?:un)?opened", r"(?:not|never) open")),
    ("open", _either(_MAIL, "opens|openers")),
    ("reply", _any("replied", "replies", "responded")),
    (
        "opt_out",
        _any(r"unsubscri(?:bed|bes?)", r"opt(?:ed)? ?outs?", "bounced", "complained"),
    ),
    ("refund", _any(r"refund(?:ed|s)?", r"charge ?backs?")),
    ("payment", _either(_PAYMENT, "failed|declined|missed|late")),
    ("subscription", _either(_PLAN, f"{_BEGUN}|{_ENDED}")),
    ("course", _either(_COURSE, rf"{_DONE}|{_BEGUN}|{_SIGNED}|logged ?in|access granted")),
    ("course", _any(r"logged ?in", r"enrol(?:led|ed)")),
    (
        "purchase",
        _any(r"purchas(?:ed|es)", "bought", "ordered", "checked out", "customer of"),
    ),
    ("purchase", _any(r"paid (?:for|in full)", "invoice paid", "upsell taken")),
    ("purchase", r"^buyers?\b"),
    ("page", _either(_PAGE, _SEEN)),
    ("page", _any("visited", "viewed")),
    ("sign_up", _any(r"sign(?:ed)? ?ups?", "registered for", r"registrants?", "rsvp")),
    ("sign_up", rf"\bregistered$|{_any(r'attend(?:ed|ees?)')}"),
    ("reached", _any(r"reached (?:goal|score|step)", "completed", "submitted")),
)
"""Event type and the words that show it, strongest first; matched against ``spoken`` tags.

A noun alone (``Webinar``, ``Video editor``, ``Opening hours``) names an interest and never
counts; the deed must be there. Words are whole words, so ``platform`` is no form.
"""

_LONG_WORD = 6
"""Letters from which one that differs is more likely a slip than another word."""

EVENTS: tuple[str, ...] = tuple(dict.fromkeys(event for event, _ in PATTERNS))


def spoken(tag: pl.Expr) -> pl.Expr:
    """A tag as words: camel case and punctuation opened up, lower case, single blanks."""
    return (
        tag.str.replace_all(r"(\p{Ll}|\d)(\p{Lu})", "${1} ${2}")
        .str.replace_all(r"[\p{P}\p{S}]+", " ")
        .str.to_lowercase()
        .str.replace_all(r"\s+", " ")
        .str.strip_chars()
    )


def _cluster(tag: pl.Expr) -> pl.Expr:
    """What near-duplicates share: words without case, blanks, punctuation and plural s."""
    return (
        spoken(tag)
        .str.replace_all(r"\b([\p{L}\d]{2,}[^s\s])s\b", "${1}")
        .str.replace_all(" ", "")
    )


def _probed(tags: pl.DataFrame) -> pl.DataFrame:
    """Add ``event`` and ``evidence``: the first pattern that matches, and its words."""
    words = [pl.col("_spoken").str.extract(f"({pattern})", 1) for _, pattern in PATTERNS]
    events = [
        pl.when(found.is_not_null()).then(pl.lit(event))
        for (event, _), found in zip(PATTERNS, words, strict=True)
    ]
    return tags.with_columns(
        pl.coalesce(events).alias("event"),
        pl.format("says “{}”", pl.coalesce(words)).alias("evidence"),
    )


def _likened(tags: pl.DataFrame) -> pl.DataFrame:
    """Add ``similar_to``: the most used spelling among near-duplicates, on the others."""
    leader = pl.col("tag").sort_by(["contacts", "tag"], descending=[True, False]).first()
    led = tags.with_columns(leader.over("_cluster").alias("_leader"))
    meant = _slips(led.filter(pl.col("_leader") == pl.col("tag")))
    similar = pl.when(pl.col("_leader") != pl.col("tag")).then("_leader")
    return (
        led.join(meant, on="tag", how="left")
        .with_columns(pl.coalesce(similar, "_meant").alias("similar_to"))
        .join(
            tags.select(
                pl.col("tag").alias("similar_to"), pl.col("contacts").alias("_uses")
            ),
            on="similar_to",
            how="left",
        )
    )


def _slips(leaders: pl.DataFrame) -> pl.DataFrame:
    """``tag, _meant``: leaders that are one letter away from a tag used more than they."""
    ranked = leaders.sort("contacts", "tag", descending=[True, False])
    spoken_tags, names = ranked["_spoken"], ranked["tag"]
    pairs = pairs_in_blocks(slip_blocks(spoken_tags)).sort("one", "other")
    slips = [
        (names[other], names[one])
        for one, other in pairs.iter_rows()
        if _one_word_slipped(spoken_tags[one], spoken_tags[other])
    ]
    found = pl.DataFrame(
        slips, schema={"tag": pl.String, "_meant": pl.String}, orient="row"
    )
    return found.unique("tag", keep="first", maintain_order=True)


def _one_word_slipped(one: str, other: str) -> bool:
    """Whether a single long word differs, and by one letter: ``Webnar`` and ``Webinar``."""
    words, others = one.split(), other.split()
    if len(words) != len(others):
        return False
    differing = [(a, b) for a, b in zip(words, others, strict=True) if a != b]
    if len(differing) != 1:
        return False
    a, b = differing[0]
    long_enough = min(len(a), len(b)) >= _LONG_WORD
    return long_enough and a.isalpha() and b.isalpha() and one_slip(a, b)


def _proposal() -> pl.Expr:
    return (
        pl.when(pl.col("similar_to").is_not_null())
        .then(
            pl.format(
                "Same as “{}” ({} contacts)? If so, rename it in mappings/tags.yaml.",
                "similar_to",
                "_uses",
            )
        )
        .when("behavioural")
        .then(pl.lit("Keep: the only trace of this event that moves."))
        .otherwise(pl.lit("Keep."))
    )


def tag_taxonomy(contacts: pl.DataFrame) -> pl.DataFrame:
    """List every tag with the number of contacts and what it seems to stand for.

    Args:
        contacts: golden contacts; ``contact_key`` and ``tags`` are read.

    Returns:
        ``tag, contacts, behavioural, event`` (one of ``EVENTS`` or null), ``evidence``,
        ``similar_to`` (a more used tag that differs only in case, blanks, punctuation,
        plural or one letter of a long word; nothing is merged), ``proposal``. Most used
        first.
    """
    tags = (
        contacts.select("contact_key", pl.col("tags").cast(pl.List(pl.String)).alias("tag"))
        .explode("tag")
        .drop_nulls("tag")
        .group_by("tag")
        .agg(pl.col("contact_key").n_unique().cast(pl.Int64).alias("contacts"))
        .with_columns(
            spoken(pl.col("tag")).alias("_spoken"),
            _cluster(pl.col("tag")).alias("_cluster"),
        )
    )
    return (
        _likened(_probed(tags))
        .with_columns(pl.col("event").is_not_null().alias("behavioural"))
        .with_columns(_proposal().alias("proposal"))
        .sort("contacts", "tag", descending=[True, False])
        .select([pl.col(name).cast(dtype) for name, dtype in SCHEMA.items()])
    )


def not_compared(taxonomy: pl.DataFrame) -> tuple[Finding, ...]:
    """Tags with so many neighbours in spelling that slips among them were not looked for.

    Args:
        taxonomy: of ``tag_taxonomy``.
    """
    names = taxonomy.select(spoken(pl.col("tag")).alias("tag"))["tag"]
    blocks, rows = crowded(slip_blocks(names))
    if not blocks:
        return ()
    return (
        Finding(
            f"tags stand in {blocks} group(s) of more than {MOST_IN_A_BLOCK} that differ "
            "in one letter at the same place, and were not compared with each other",
            remedy="Nothing to do where they differ on purpose (Group A, Group B); else "
            "look them through in reports/tag_taxonomy.csv, sorted by name.",
            count=rows,
        ),
    )


def event_counts(contacts: pl.DataFrame, taxonomy: pl.DataFrame) -> pl.DataFrame:
    """``event, tags, contacts``: how many contacts carry at least one tag of each event."""
    behavioural = taxonomy.filter("behavioural").select("tag", "event")
    return (
        contacts.select("contact_key", pl.col("tags").cast(pl.List(pl.String)).alias("tag"))
        .explode("tag")
        .join(behavioural, on="tag", how="inner")
        .group_by("event")
        .agg(
            pl.col("tag").n_unique().cast(pl.Int64).alias("tags"),
            pl.col("contact_key").n_unique().cast(pl.Int64).alias("contacts"),
        )
        .sort("contacts", "event", descending=[True, False])
    )
