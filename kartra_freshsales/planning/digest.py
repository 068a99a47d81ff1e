"""The digest a person approves: of exactly what would be sent, and under which decisions.

Not here: storing approvals (``ledger``).
"""

import hashlib

import polars as pl

from kartra_freshsales.planning.plan import SCHEMA

_AT_ONCE = 20_000  # rows turned into text together: bounds the memory


def plan_digest(plan: pl.DataFrame, *, mapping_digest: str, metadata_digest: str) -> str:
    """SHA-256 over a plan's rows in any order, and over what it was made under.

    Args:
        plan: columns of ``planning.plan.SCHEMA``; others are left out.
        mapping_digest: of the decisions.
        metadata_digest: of the destination's settings.
    """
    as_one = pl.concat_str([_framed(name) for name in SCHEMA]).cast(pl.Binary)
    digests = sorted(
        hashlib.sha256(row).digest()
        for part in plan.iter_slices(_AT_ONCE)
        for row in part.select(as_one).to_series()
    )
    whole = hashlib.sha256()
    for text in (mapping_digest, metadata_digest):
        whole.update(f"{len(text)}:{text}".encode())
    whole.update(b"".join(digests))
    return whole.hexdigest()


def _framed(name: str) -> pl.Expr:
    """A column as text that says its own length, so that no two rows read the same."""
    column = pl.col(name)
    if SCHEMA[name] == pl.List(pl.String):
        # The order of sources means nothing.
        column = column.list.eval(_with_length(pl.element()).sort()).list.join("")
    return _with_length(column.cast(pl.String))


def _with_length(text: pl.Expr) -> pl.Expr:
    framed = pl.concat_str(text.str.len_bytes().cast(pl.String), pl.lit(":"), text)
    return framed.fill_null("-")
