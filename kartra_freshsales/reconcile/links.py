"""Broken links and wrong owners (S18, S33, S64).

Not here: repairing them; records that were not found at all (``compare`` counts those).
"""

from collections.abc import Iterator, Mapping

import polars as pl

from kartra_freshsales.reconcile.references import (
    REFERENCES,
    Ids,
    Reference,
    expected_id,
    known_ids,
    read_ids,
)
from kartra_freshsales.reconcile.values import as_id, as_text, columns, flat

OWNED: frozenset[str] = frozenset(
    {"sales_accounts", "contacts", "leads", "deals", "subscriptions"}
)
NEEDS_CONTACT: frozenset[str] = frozenset({"deals", "subscriptions", "notes"})

_SCHEMA: dict[str, pl.DataType] = {
    "module": pl.String(),
    "source_key": pl.String(),
    "freshsales_id": pl.Int64(),
    "problem": pl.String(),
    "expected": pl.String(),
    "found": pl.String(),
    "sources": pl.List(pl.String()),
}
_Problem = tuple[str, str | None, str | None]


def _link_problem(
    reference: Reference,
    value: object,
    record: Mapping[str, object],
    known: Ids,
    standing: set[int],
) -> _Problem | None:
    wanted = expected_id(reference, value, known)
    found = read_ids(reference, record)
    text = ", ".join(str(number) for number in sorted(found)) or None
    if not found:
        return f"no_{reference.key}", as_text(wanted), None
    if wanted is None or wanted not in found:
        return f"wrong_{reference.key}", as_text(wanted), text
    if standing and wanted not in standing:
        return f"{reference.key}_gone", as_text(wanted), text
    return None


def _owner_problem(
    sent: Mapping[str, object], record: Mapping[str, object]
) -> _Problem | None:
    wanted, found = as_id(sent.get("owner_id")), as_id(record.get("owner_id"))
    if found is None:
        return "no_owner", as_text(wanted), None
    if wanted is not None and wanted != found:
        return "wrong_owner", as_text(wanted), as_text(found)
    return None


def _problems(
    module: str,
    sent: Mapping[str, object],
    record: Mapping[str, object],
    known: Ids,
    standing: Mapping[str, set[int]],
) -> Iterator[_Problem]:
    for key, reference in REFERENCES.items():
        if sent.get(key) is not None:
            problem = _link_problem(
                reference, sent[key], record, known, standing.get(key, set())
            )
            if problem:
                yield problem
        elif (
            key == "contact" and module in NEEDS_CONTACT and not read_ids(reference, record)
        ):
            yield "no_contact", None, None
    if module in OWNED:
        problem = _owner_problem(sent, record)
        if problem:
            yield problem


def _standing(seen: pl.DataFrame) -> dict[str, set[int]]:
    """Ids that were read back, by the reference key that may point at them."""
    found: dict[str, set[int]] = {}
    for (module, _), number in known_ids(seen.filter(pl.col("seen").is_not_null())).items():
        for key, reference in REFERENCES.items():
            if module in reference.targets:
                found.setdefault(key, set()).add(number)
    return found


def orphans(
    sent: pl.DataFrame, seen: pl.DataFrame, *, references: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Every record whose account, contact or owner is not the one that was sent.

    Args:
        sent: ``module, source_key, written`` (flat, JSON text) and ``sources``.
        seen: ``module, source_key, freshsales_id, seen`` (flat, JSON text).
        references: ``module, source_key, freshsales_id`` to resolve links named by source
            key; ``seen`` itself unless given. If given, records may stand outside ``seen``,
            so a link's target is not required to be in it.

    Returns:
        ``module, source_key, freshsales_id, problem, expected, found, sources``. Problems:
        ``no_…``, ``wrong_…`` and ``…_gone`` for ``sales_account`` and ``contact``;
        ``no_owner``, ``wrong_owner``.
    """
    known = known_ids(seen if references is None else references)
    standing = _standing(seen) if references is None else {}
    names = ("module", "source_key", "written", "sources")
    records = sent.select([name for name in names if name in sent.columns]).join(
        seen.select("module", "source_key", "freshsales_id", "seen"),
        on=("module", "source_key"),
        how="inner",
        maintain_order="left",
    )
    rows: list[tuple[object, ...]] = []
    for module, key, number, written, text, origin in columns(
        records, ("module", "source_key", "freshsales_id", "written", "seen", "sources")
    ):
        if not isinstance(text, str):
            continue
        wanted = flat(written if isinstance(written, str) else None)
        rows.extend(
            (module, key, number, *problem, origin or [])
            for problem in _problems(str(module), wanted, flat(text), known, standing)
        )
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def problem_counts(broken: pl.DataFrame) -> pl.DataFrame:
    """Broken links by ``module, problem``."""
    return (
        broken.group_by("module", "problem")
        .agg(pl.len().cast(pl.Int64).alias("records"))
        .sort("module", "problem")
    )
