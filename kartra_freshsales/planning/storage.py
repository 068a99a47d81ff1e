"""Whether the files of a plan have room in the account, told before anything is sent (S73).

The API does not tell how much is stored there, so what we uploaded ourselves is all that is
taken off. Files are refused all together or not at all: half of them at random would help
nobody. Not here: how large one file may be (``transforms``).
"""

import json

import polars as pl

from kartra_freshsales.planning.refusals import SCHEMA

STORAGE_FULL = "storage_full"
_GIGABYTE = 1_000_000_000
_FILES = "files"


def room_in_bytes(
    gb_per_user: float | None, users: int, decided_gb: float | None
) -> int | None:
    """Bytes the account may store; ``None`` where nobody has published a figure.

    Args:
        gb_per_user: what the plan gives each active user.
        users: active users.
        decided_gb: the account's room by its own contract; it counts alone.
    """
    if decided_gb is not None:
        return round(decided_gb * _GIGABYTE)
    return None if gb_per_user is None else round(gb_per_user * users * _GIGABYTE)


def storage_refusals(
    intended: pl.DataFrame, identities: pl.DataFrame, room: int | None
) -> pl.DataFrame:
    """Refuse every new file where all of them together need more than there is.

    Args:
        intended: ``module, source_key, payload`` of all batches.
        identities: the ledger's; files that stand there are not sent again.
        room: of ``room_in_bytes``.

    Returns:
        The columns of ``predicted_refusals``.
    """
    files = intended.filter(pl.col("module") == _FILES)
    if files.is_empty() or room is None:
        return pl.DataFrame(schema=SCHEMA)
    there = identities.filter((pl.col("module") == _FILES) & (pl.col("state") == "live"))
    new = files.join(there, on="source_key", how="anti")
    used, needed = _bytes(there["written"]), _bytes(new["payload"])
    if used + needed <= room:
        return pl.DataFrame(schema=SCHEMA)
    return new.select(
        "module",
        "source_key",
        pl.lit("size").alias("field"),
        pl.lit(STORAGE_FULL).alias("reason"),
        pl.lit(_remedy(needed, used, room)).alias("remedy"),
    )


def _remedy(needed: int, used: int, room: int) -> str:
    uploaded = f", of which {_gb(used)} are uploaded already" if used else ""
    return (
        f"The files need {_gb(needed)} and the account has room for {_gb(room)}{uploaded}. "
        "Take files out of attachments.csv, set load: false or storage_gb in "
        "attachments.yaml, or get a larger plan; then plan again."
    )


def _gb(size: int) -> str:
    return f"{size / _GIGABYTE:.3f} GB"


def _bytes(records: pl.Series) -> int:
    return sum(int(json.loads(text).get("size") or 0) for text in records.drop_nulls())
