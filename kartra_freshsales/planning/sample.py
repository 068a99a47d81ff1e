"""Which records to rehearse with, and which to look at by hand (G16, S103, S105).

A rehearsal should meet everything the load will meet: every field, choice, stage, consent
code and edge length, with parents and children. Not here: what a record shows
(``features``), sending.
"""

import heapq
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from kartra_freshsales.planning.closure import with_links
from kartra_freshsales.planning.features import Feature, all_features, shown_by

_KEY = ["module", "source_key", "batch"]
Links = Mapping[int, Sequence[int]]


@dataclass(frozen=True)
class Sample:
    """Chosen records in the order of ``intended``, and what they do not show.

    ``features`` counts what there is to be met; ``uncovered`` names what did not fit into
    the size as ``module.field: what``, without values of a record.
    """

    records: pl.DataFrame
    features: int
    uncovered: tuple[str, ...]


def representative(intended: pl.DataFrame, *, size: int) -> Sample:
    """Choose records greedily: next always the one that shows most that is new.

    Args:
        intended: ``module, source_key, batch, payload, problem``; those with a problem are
            left out.
        size: most records; parents that a chosen record needs count as well.

    Returns:
        The sample: the same for the same records, whatever their order. Lists hold only
        members that were chosen.
    """
    records = with_links(intended.filter(pl.col("problem").is_null()))
    records = records.sort(_KEY).with_row_index("_at")
    wanted = all_features(records)
    parents = _parents(records)
    pool = {
        number
        for candidates in wanted.values()
        for at in candidates
        for number in _closure(at, parents)
    }
    shown = shown_by(records.filter(pl.col("_at").is_in(sorted(pool))), wanted)
    chosen = _greedy(shown, parents, size)
    met = {feature for at in chosen for feature in shown.get(at, ())}
    kept = intended.join(
        records.filter(pl.col("_at").is_in(sorted(chosen))).select(_KEY),
        on=_KEY,
        how="semi",
        maintain_order="left",
    )
    missing = (_words(feature) for feature in sorted(set(wanted) - met))
    return Sample(_trimmed(kept), len(wanted), tuple(dict.fromkeys(missing)))


def _words(feature: Feature) -> str:
    module, field, what = feature
    return f"{module}.{field}: {what.partition('=')[0]}"


def _parents(records: pl.DataFrame) -> dict[int, list[int]]:
    """Record → the records it cannot go without; a list goes with its first member."""
    families = records.filter(pl.col("_family").is_in(["sales_accounts", "contacts"]))
    rows = families.select("_family", "source_key", "_at").iter_rows()
    at = {(family, key): number for family, key, number in rows}
    first_member = pl.col("payload").str.extract(r'"members":\s*\["((?:[^"\\]|\\.)*)"')
    linked = records.select(
        "_at",
        "_account",
        pl.coalesce(
            "_contact", pl.when(pl.col("module") == "lists").then(first_member)
        ).alias("_contact"),
    ).filter(pl.col("_account").is_not_null() | pl.col("_contact").is_not_null())
    return {
        number: [
            at[link]
            for link in (("sales_accounts", account), ("contacts", contact))
            if link in at
        ]
        for number, account, contact in linked.iter_rows()
    }


def _closure(number: int, parents: Links) -> set[int]:
    found: set[int] = set()
    todo = [number]
    while todo:
        at = todo.pop()
        if at not in found:
            found.add(at)
            todo += parents.get(at, ())
    return found


def _greedy(shown: Mapping[int, frozenset[Feature]], parents: Links, size: int) -> set[int]:
    """Take what adds most, with its parents, until nothing is new or nothing fits.

    What a record adds only shrinks as others are taken, so an outdated figure is an upper
    bound: only the top of the heap has to be counted again.
    """
    chosen: set[int] = set()
    met: set[Feature] = set()
    with_parents = {at: _closure(at, parents) for at in shown}
    worth = {
        at: frozenset(feature for number in group for feature in shown.get(number, ()))
        for at, group in with_parents.items()
    }
    heap = [(-len(worth[at]), len(with_parents[at]), at) for at in sorted(shown)]
    heapq.heapify(heap)
    while heap:
        claimed, _, at = heapq.heappop(heap)
        gain, added = len(worth[at] - met), with_parents[at] - chosen
        if not gain or len(chosen) + len(added) > size:
            continue
        if -claimed > gain:
            heapq.heappush(heap, (-gain, len(added), at))
            continue
        chosen |= added
        met |= worth[at]
    return chosen


def _trimmed(kept: pl.DataFrame) -> pl.DataFrame:
    """Lists hold only those members that are in the sample themselves."""
    people = set(kept.filter(pl.col("module").is_in(["contacts", "leads"]))["source_key"])
    payloads = []
    for module, payload in kept.select("module", "payload").iter_rows():
        record = json.loads(payload)
        if module == "lists":
            record["members"] = [m for m in record.get("members", []) if m in people]
        payloads.append(
            json.dumps(record, ensure_ascii=False) if module == "lists" else payload
        )
    return kept.with_columns(pl.Series("payload", payloads, dtype=pl.String))


def spot_check(keys: Iterable[str], n: int = 20, *, seed: int = 1) -> list[str]:
    """Records to compare by hand: drawn evenly, the same ones for the same seed (S105).

    Twenty without a fault only say that fewer than about 14 % are wrong: what the
    guarantee rests on is that everything is read back.
    """
    known = sorted(set(keys))
    drawn = random.Random(seed).sample(known, min(n, len(known)))  # noqa: S311  no secret
    return sorted(drawn)
