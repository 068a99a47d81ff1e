"""Which records go along when single ones are taken back: what hangs on them, and so on.

A contact's deals and an account's contacts would keep it where it is; of ours, they go with
it. Pure. Not here: notes and list memberships, which follow their contact's key by
themselves (``rollback_model``), judging whether any of them may go (``rollback_judge``).
"""

from collections.abc import Collection, Iterable, Mapping

import polars as pl

from kartra_freshsales.errors import BadInput
from kartra_freshsales.ledger.states import IdentityState

Place = tuple[str, int]
"""Module and Freshsales id."""

_PARENTS: Mapping[str, tuple[str, ...]] = {
    "sales_account": ("sales_accounts",),
    "contact": ("contacts", "leads"),
}


def places_in(words: Iterable[str]) -> list[Place]:
    """Records named as ``contacts:1234``.

    Raises:
        BadInput: a word is something else.
    """
    found = []
    for word in words:
        module, _, number = word.partition(":")
        if not (module and number.isdigit()):
            raise BadInput(
                f"{word!r} names no record.",
                remedy="Name the module and the Freshsales id, such as contacts:1234.",
            )
        found.append((module, int(number)))
    return found


def with_children(identities: pl.DataFrame, places: Collection[Place]) -> frozenset[str]:
    """Source keys of the given records and of everything of ours that hangs on them.

    Args:
        identities: the ledger's.
        places: of records that stand in Freshsales.

    Raises:
        BadInput: one of them is none of ours, or is not there any more.
    """
    live = identities.filter(pl.col("state") == IdentityState.LIVE)
    links = live.select(
        "module",
        "source_key",
        "freshsales_id",
        *(
            pl.col("written").str.json_path_match(f"$.{link}").alias(link)
            for link in _PARENTS
        ),
    )
    rows = list(links.iter_rows(named=True))
    known = {(row["module"], row["freshsales_id"]) for row in rows}
    if strangers := set(places) - known:
        raise BadInput(
            f"{len(strangers)} of the named records are none of this ledger's.",
            remedy="Look them up with 'trace'; what stands there already is not undone.",
        )
    chosen: set[Place] = set()
    going = set(places)
    while going - chosen:
        chosen |= going
        going = {
            (row["module"], row["freshsales_id"])
            for row in rows
            for link, modules in _PARENTS.items()
            if any((module, _number(row[link])) in chosen for module in modules)
        }
    return frozenset(
        row["source_key"] for row in rows if (row["module"], row["freshsales_id"]) in chosen
    )


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isdigit() else -1
