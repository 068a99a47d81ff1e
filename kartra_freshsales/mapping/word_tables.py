"""The tables of words among the decisions: what each word of the exports means.

One frame of all of them, and where each stands in ``mappings/*.yaml``. Not here: what the
words decide (``transforms``), the words themselves (``source_words``).
"""

from collections.abc import Callable
from collections.abc import Mapping as Table
from dataclasses import dataclass
from typing import get_args

import polars as pl

from kartra_freshsales.mapping.cleaning_rules import (
    GdprMeaning,
    MailMeaning,
    SubscriptionStatus,
    Treatment,
    folded,
)
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales.mapping.source_words import TYPE_LABELS, type_key

SCHEMA: dict[str, pl.DataType] = {
    "table": pl.String(),
    "word": pl.String(),
    "means": pl.String(),
}


@dataclass(frozen=True)
class WordTable:
    """One table.

    Attributes:
        file: the decision file.
        path: keys of the file that lead to it.
        words: its words as decided.
        options: what a word can mean; empty where any text will do.
        same: how words are made comparable.
    """

    file: str
    path: tuple[str, ...]
    words: Callable[[Mapping], Table[str, str]]
    options: tuple[str, ...] = ()
    same: Callable[[str], str] = folded


TABLES: dict[str, WordTable] = {
    "GDPR status": WordTable(
        "consent.yaml",
        ("statuses",),
        lambda decided: decided.source.consent.statuses,
        get_args(GdprMeaning),
    ),
    "GDPR communications": WordTable(
        "consent.yaml",
        ("communications",),
        lambda decided: decided.source.consent.communications,
        ("yes", "no", "unknown"),
    ),
    "Mail status": WordTable(
        "consent.yaml",
        ("mail",),
        lambda decided: decided.source.consent.mail,
        get_args(MailMeaning),
    ),
    "Transaction type": WordTable(
        "source.yaml",
        ("transactions", "types"),
        lambda decided: {
            TYPE_LABELS.get(word, word): means
            for word, means in decided.source.transactions.types.items()
        },
        get_args(Treatment),
        type_key,
    ),
    "Deal stage by type": WordTable(
        "stages.yaml", ("types",), lambda decided: decided.stages.types, (), type_key
    ),
    "Subscription status": WordTable(
        "source.yaml",
        ("subscriptions", "statuses"),
        lambda decided: decided.source.subscriptions.statuses,
        get_args(SubscriptionStatus),
    ),
    "Deal stage by subscription": WordTable(
        "subscriptions.yaml",
        ("stages",),
        lambda decided: {str(k): v for k, v in decided.subscriptions.stages.items()},
    ),
    "Interval": WordTable(
        "source.yaml",
        ("subscriptions", "intervals"),
        lambda decided: decided.source.subscriptions.intervals,
    ),
}
"""By the name a person sees, in the order to show."""


def word_tables(decided: Mapping, found: Table[str, Table[str, int]]) -> pl.DataFrame:
    """Every word with its meaning, those met in the exports among them.

    Args:
        decided: the decisions.
        found: table → word of the exports → how many records have it.

    Returns:
        ``table, word, means, records``; ``means`` is null where nothing was decided. The
        undecided words of a table come first.
    """
    parts = []
    for name, table in TABLES.items():
        counts = {table.same(word): n for word, n in found.get(name, {}).items()}
        known = {
            table.same(word): (word, means) for word, means in table.words(decided).items()
        }
        new = {table.same(word): word for word in found.get(name, {})}
        rows = [
            (name, word, None, counts[key]) for key, word in new.items() if key not in known
        ] + [(name, word, means, counts.get(key)) for key, (word, means) in known.items()]
        parts.append(
            pl.DataFrame(rows, schema={**SCHEMA, "records": pl.Int64()}, orient="row")
        )
    return pl.concat(parts)
