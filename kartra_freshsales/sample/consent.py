"""The consent stories of the sample, and the state each must end in.

A story is what a contact's first row and its later rows say. The end state follows from the
rules of the product: the latest dated fact wins; with equal or missing dates the most
restrictive wins; a refusal is lifted only by a consent dated later. Stories whose outcome
those rules leave open are not told. What does not belong here: how often a story is told.
"""

from dataclasses import dataclass

import polars as pl

SUBSCRIBED = "subscribed"
NOT_SUBSCRIBED = "not_subscribed"
UNSUBSCRIBED = "unsubscribed"
SPAM = "reported_as_spam"
BOUNCED = "bounced"


@dataclass(frozen=True)
class Words:
    """The consent cells of one row; ``day`` counts from the person's first consent date."""

    status: str | None
    communications: str | None
    day: int | None = None


@dataclass(frozen=True)
class Story:
    """What the first row says, what later rows say, and where that leads."""

    name: str
    state: str
    first: Words
    later: Words
    weight: int


def _steady(name: str, state: str, words: Words, weight: int) -> Story:
    return Story(name, state, words, words, weight)


_YES = Words("Accepted", "Yes", 0)
_NO = Words("Not accepted", "No", 0)

# Told by contacts whose rows all agree.
STEADY = (
    _steady("consented", SUBSCRIBED, _YES, 58),
    _steady("consented without a date", SUBSCRIBED, Words("Accepted", "Yes"), 4),
    _steady("accepted, no mail", UNSUBSCRIBED, Words("Accepted", "No", 0), 6),
    _steady("refused", UNSUBSCRIBED, _NO, 5),
    _steady("refused, blank beside", UNSUBSCRIBED, Words("Not accepted", None, 0), 2),
    _steady("unknown", NOT_SUBSCRIBED, Words("Unknown", None), 9),
    _steady("pending", NOT_SUBSCRIBED, Words("Pending", None, 0), 4),
    _steady("not subject", NOT_SUBSCRIBED, Words("Not subject", None), 8),
    _steady("blank", NOT_SUBSCRIBED, Words(None, None), 4),
)

# Told by contacts whose later row differs from the first.
CHANGING = (
    Story("withdrawn later", UNSUBSCRIBED, _YES, Words("Not accepted", "No", 40), 4),
    Story("renewed later", SUBSCRIBED, _NO, Words("Accepted", "Yes", 40), 3),
    Story("older refusal in a newer file", SUBSCRIBED,
          Words("Accepted", "Yes", 40), _NO, 2),
    Story("undated consent", UNSUBSCRIBED, _NO, Words("Accepted", "Yes"), 2),
    Story("undated refusal", UNSUBSCRIBED, _YES, Words("Not accepted", "No"), 2),
    Story("both on one day", UNSUBSCRIBED, _NO, _YES, 2),
    Story("refused, then blank", UNSUBSCRIBED, _NO, Words(None, None), 2),
    Story("unknown, then blank", NOT_SUBSCRIBED,
          Words("Unknown", None), Words(None, None), 1),
    Story("unknown, then consent", SUBSCRIBED,
          Words("Unknown", None, 0), Words("Accepted", "Yes", 40), 2),
)  # fmt: skip

STORIES = (*STEADY, *CHANGING)

# Mail status that stops mail whatever the consent cells say → state.
BLOCKS = {
    "Do not contact": UNSUBSCRIBED,
    "Spam complaint": SPAM,
    "Blocklisted": BOUNCED,
    "Multiple soft bounces": BOUNCED,
    "Declined commercial messages": UNSUBSCRIBED,
}
BLOCK_WEIGHTS = {
    "Do not contact": 5,
    "Spam complaint": 1,
    "Blocklisted": 7,
    "Multiple soft bounces": 5,
    "Declined commercial messages": 2,
}
# "Unsubscribed" only means "on no list or sequence" in Kartra, and is no refusal.
HARMLESS = {"Subscribed": 75, "Unsubscribed": 25}


def words_by_story() -> pl.DataFrame:
    """One row per (story, later) with the cells ``gdpr_status … consent_day``."""
    return pl.DataFrame(
        [
            {
                "story": story.name,
                "later": later,
                "gdpr_status": words.status,
                "gdpr_communications": words.communications,
                "consent_day": words.day,
            }
            for story in STORIES
            for later, words in ((False, story.first), (True, story.later))
        ],
        schema={
            "story": pl.String,
            "later": pl.Boolean,
            "gdpr_status": pl.String,
            "gdpr_communications": pl.String,
            "consent_day": pl.Int64,
        },
    )


def end_state(story: pl.Expr, block: pl.Expr) -> pl.Expr:
    """The state a golden contact must have; every block outranks every story."""
    told = story.replace_strict(
        {each.name: each.state for each in STORIES}, return_dtype=pl.String
    )
    blocked = block.replace_strict(BLOCKS, default=None, return_dtype=pl.String)
    return pl.coalesce(blocked, told)
