"""The sheets of the review workbook: frames of the preparation with room for decisions.

What is decided already stands in the cells to fill in, so that a sheet shows the state
and takes the change. Not here: writing them (``workbook``), their order (``review``).
"""

from collections.abc import Mapping as Table
from collections.abc import Sequence

import polars as pl

from kartra_freshsales.mapping.decisions.labels import Lists, Tags
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales.mapping.review_changes import (
    DIFFERENT,
    DROP,
    KEEP,
    LEFT_OUT,
    MERGE,
    MOVES,
    RENAME,
)
from kartra_freshsales.mapping.word_tables import TABLES
from kartra_freshsales.reports.workbook import Choice, Sheet
from kartra_freshsales.transforms.flags import suppress_words

USERS = "Users"
_LABEL_CHOICES = {
    "decision": Choice(
        "keep, drop, or rename and then write the new name beside it.",
        (KEEP, RENAME, DROP),
    ),
    "new_name": Choice("The new name, where the decision is rename."),
}


def mapping_sheet(coverage: pl.DataFrame, proposed: pl.DataFrame) -> Sheet:
    """What becomes of each column, with how sure that is and the next best guess.

    Args:
        coverage: of ``mapping.coverage``.
        proposed: of ``mapping.proposals``.
    """
    ranked = {
        rank: proposed.filter(pl.col("rank") == rank).select(
            "kind", "column", pl.col("target").alias(f"target_{rank}"), "confidence"
        )
        for rank in (1, 2)
    }
    frame = (
        coverage.join(
            ranked[1].drop("target_1"),
            on=["kind", "column"],
            how="left",
            maintain_order="left",
        )
        .join(
            ranked[2].drop("confidence"),
            on=["kind", "column"],
            how="left",
            maintain_order="left",
        )
        .with_columns(pl.lit(None, pl.String).alias("change_to"))
    )
    headings = {
        "kind": "export", "column": "column", "decision": "decided", "target": "goes to",
        "reason": "because", "confidence": "how sure (0 to 1)", "target_2": "or it may be",
        "change_to": "Change to",
    }  # fmt: skip
    wording = (
        "drop: why it stays behind, field: a key of Freshsales, or custom: label of a "
        "custom field. Empty: it stays as decided."
    )
    return Sheet(
        "Mapping",
        "Every column of the exports, and what becomes of it.",
        "Change only what is wrong. The account's own fields are decided together, under "
        "unknown in mappings/fields.yaml.",
        frame,
        headings,
        {"change_to": Choice(wording)},
        file="mapping_proposal.csv",
        keys=("kind", "column"),
    )


def words_sheet(words: pl.DataFrame) -> Sheet:
    """What each word of the exports means.

    Args:
        words: of ``mapping.word_tables``.
    """
    options = {name: table.options for name, table in TABLES.items()}
    return Sheet(
        "Value maps",
        "Words of the exports and what each means. Undecided words come first.",
        "Say what each undecided word means; correct the others where they are wrong.",
        words,
        {"table": "table", "word": "word", "records": "records", "means": "Means"},
        {"means": Choice("What the word means.", options, by="table")},
        keys=("table", "word"),
    )


def tags_sheet(taxonomy: pl.DataFrame, tags: Tags) -> Sheet:
    """Each tag with what it seems to stand for.

    Args:
        taxonomy: of ``transforms.tag_taxonomy``.
        tags: what is decided.
    """
    headings = {
        "tag": "tag", "contacts": "contacts", "behavioural": "trace of an event",
        "event": "event", "similar_to": "looks like", "proposal": "proposal",
        "decision": "Decision", "new_name": "New name",
    }  # fmt: skip
    return Sheet(
        "Tags",
        "Every tag, and how many contacts carry it.",
        "Rename or drop what you do not want. Letter case does not matter.",
        _decided(taxonomy, "tag", tags.rename, tags.drop),
        headings,
        _LABEL_CHOICES,
        verbatim=("tag", "similar_to", "new_name"),
        file="tag_taxonomy.csv",
        keys=("tag",),
    )


def lists_sheet(contacts: pl.DataFrame, lists: Lists) -> Sheet:
    """Each list with its members of now and of the past.

    Args:
        contacts: golden contacts; ``lists`` is read.
        lists: what is decided.
    """
    headings = {
        "list": "list", "members": "members", "past": "were members",
        "decision": "Decision", "new_name": "New name",
    }  # fmt: skip
    return Sheet(
        "Lists",
        "Every list, and how many contacts are or were on it.",
        "Rename or drop what you do not want. Nobody is put back on a list they left.",
        _decided(_members(contacts, lists), "list", lists.rename, lists.drop),
        headings,
        _LABEL_CHOICES,
        verbatim=("list", "new_name"),
        keys=("list",),
    )


def _members(contacts: pl.DataFrame, lists: Lists) -> pl.DataFrame:
    """``list, members, past``: endings that mark the past are taken off the name."""
    names = contacts.select(
        pl.col("lists").explode(empty_as_null=False).str.strip_chars().alias("list")
    ).drop_nulls()
    name = pl.col("list")
    bare = name
    for ending in reversed([e for e in lists.past_endings if e.strip()]):
        ends = name.str.to_lowercase().str.ends_with(ending.lower())
        cut = name.str.head(-len(ending)).str.strip_chars()
        bare = pl.when(ends).then(cut).otherwise(bare)
    return (
        names.with_columns(bare.alias("list"), (bare != name).alias("_past"))
        .group_by("list")
        .agg((~pl.col("_past")).sum().alias("members"), pl.col("_past").sum().alias("past"))
        .sort("members", "past", "list", descending=[True, True, False])
    )


def _decided(
    frame: pl.DataFrame, column: str, renamed: Table[str, str], dropped: Sequence[str]
) -> pl.DataFrame:
    """The frame with ``decision`` and ``new_name`` as they stand; most are kept."""
    names = {old.strip().casefold(): new for old, new in renamed.items()}
    gone = {name.strip().casefold() for name in dropped}
    keys = [name.strip().casefold() for name in frame[column]]
    words = [DROP if k in gone else RENAME if k in names else KEEP for k in keys]
    new = [names.get(key) if key not in gone else None for key in keys]
    return frame.with_columns(
        pl.Series("decision", words, dtype=pl.String),
        pl.Series("new_name", new, dtype=pl.String),
    )


def owners_sheet(owners: pl.DataFrame, decided: Mapping) -> Sheet:
    """Each owner with what they own, those without an active user first.

    Args:
        owners: of ``mapping.owners.owner_table``.
        decided: the decisions.
    """
    remap = decided.owners.remap
    stands_in = [
        remap.get(owner, "") or None if "@" in owner else decided.owners.default_owner
        for owner in owners["owner"]
    ]
    headings = {
        "owner": "owner in Kartra", "contacts": "contacts", "deals": "deals",
        "status": "found in Freshsales", "remedy": "what to do",
        "reassign_to": "Reassign to",
    }  # fmt: skip
    return Sheet(
        "Owners",
        "Owners named in the exports. Nothing is loaded while one has no active user.",
        "Add the user in Freshsales, or choose who takes over.",
        owners.with_columns(
            pl.Series("reassign_to", [who or None for who in stands_in], dtype=pl.String)
        ),
        headings,
        {"reassign_to": Choice("An active user of Freshsales.", listed_on=USERS)},
        verbatim=("owner", "reassign_to", "remedy"),
        file="owner_queue.csv",
        keys=("owner",),
    )


def users_sheet(emails: Sequence[str]) -> Sheet:
    """Who can own records: the choices of the sheet of owners."""
    return Sheet(
        USERS,
        "Active users of the Freshsales account.",
        "Nothing: the drop-down of the sheet Owners takes its names from here.",
        pl.DataFrame({"user": sorted(emails)}, schema={"user": pl.String}),
        {"user": "active user"},
        verbatim=("user",),
    )


def consent_sheet(contacts: pl.DataFrame) -> Sheet:
    """Which words about consent stand together, and what they make of a contact.

    Args:
        contacts: golden contacts.
    """
    words = ("gdpr_status", "gdpr_communications", "mail_status", "consent")
    frame = (
        contacts.select(words)
        .group_by(words)
        .agg(pl.len().cast(pl.Int64).alias("contacts"))
        .sort("contacts", *words, descending=[True, *(False for _ in words)])
    )
    headings = {
        "gdpr_status": "GDPR status", "gdpr_communications": "GDPR communications",
        "mail_status": "mail status", "consent": "counts as", "contacts": "contacts",
    }  # fmt: skip
    return Sheet(
        "Consent review",
        "Words of the newest row beside what all rows of a contact say together.",
        "Have whoever answers for your mailings read it. Correct words in Value maps. "
        "A load never raises a consent.",
        frame,
        headings,
    )


def duplicates_sheet(proposals: pl.DataFrame) -> Sheet:
    """Pairs that look alike.

    Args:
        proposals: ``PROPOSALS`` that nobody has decided yet.
    """
    headings = {
        "kind": "kind", "score": "how alike (0 to 1)", "reason": "because",
        "keep": "stays", "other": "goes into it", "keep_at": "newest row of the one",
        "other_at": "newest row of the other", "choice": "Decision",
    }  # fmt: skip
    help_ = "merge: the second goes into the first. different: never proposed again."
    return Sheet(
        "Duplicates",
        "Contacts and companies that may be one. Nothing is merged by itself.",
        "Decide each pair; undecided, both stay.",
        proposals.with_columns(pl.lit(None, pl.String).alias("choice")),
        headings,
        {"choice": Choice(help_, (MERGE, DIFFERENT))},
        verbatim=("keep", "other"),
        file="duplicate_proposals.csv",
        keys=("kind", "keep", "other"),
    )


def suppression_sheet(flags: pl.DataFrame, suppress: Sequence[str]) -> Sheet:
    """Groups of contacts that move or are left out as a whole.

    Args:
        flags: of ``transforms.flags``.
        suppress: groups that are left out already.
    """
    counts = dict(flags.group_by("flag").len().iter_rows())
    rows = [
        (word, flag, why, counts.get(flag, 0), LEFT_OUT if word in suppress else MOVES)
        for flag, (why, word) in suppress_words().items()
    ]
    schema = {
        "word": pl.String, "flag": pl.String, "why": pl.String, "contacts": pl.Int64,
        "decision": pl.String,
    }  # fmt: skip
    headings = {
        "flag": "contacts that are", "word": "word in source.yaml", "why": "why",
        "contacts": "contacts that would move", "decision": "Decision",
    }  # fmt: skip
    return Sheet(
        "Suppression",
        "Groups of contacts that are often left behind. All move unless you say otherwise.",
        "Decide each group. Its contacts stand in the sheet Flagged contacts.",
        pl.DataFrame(rows, schema=schema, orient="row"),
        headings,
        {"decision": Choice("moves, or left out.", (MOVES, LEFT_OUT))},
        file="flagged_contacts.csv",
        keys=("word",),
    )
