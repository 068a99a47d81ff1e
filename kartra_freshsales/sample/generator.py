"""The files of the sample: batch folders of exports, and the answers beside them.

What does not belong here: what the files hold.
"""

import json
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from kartra_freshsales.sample.contact_csv import contact_cells
from kartra_freshsales.sample.contact_rows import contact_rows
from kartra_freshsales.sample.dice import Dice
from kartra_freshsales.sample.orders import orders
from kartra_freshsales.sample.scale import Scale, batch_key
from kartra_freshsales.sample.subscriptions import subscription_cells, subscription_rows
from kartra_freshsales.sample.transaction_csv import NOT_AVAILABLE, transaction_cells
from kartra_freshsales.sample.transaction_rows import transaction_rows
from kartra_freshsales.sample.truth import truth

TRUTH = "truth.json"
_SEGMENT_LATER = timedelta(minutes=4)
_TRANSACTIONS_LATER = timedelta(minutes=9)
_SUBSCRIPTIONS_LATER = timedelta(minutes=13)
_AT_ONCE = 250_000  # rows turned into text together: bounds the memory

_Cells = Callable[[pl.DataFrame, Scale], pl.DataFrame]


def generate(out: Path, contacts: int, batches: int = 3, seed: int = 7) -> dict[str, Any]:
    """Write the batches of a sample and its ``truth.json``; the same seed, the same files.

    Args:
        out: folder for the batch folders, made where missing; may be a workspace's inbox.
        contacts: how many people, at least 10.
        batches: how many exports they come in.
        seed: what the choices follow from.

    Returns:
        What ``truth.json`` holds: the figures a perfect migration must end with.

    Raises:
        ValueError: too few contacts, no batch, or a negative seed.
        FileExistsError: ``out`` holds batches that would mix with the sample's.
    """
    scale = Scale(contacts, batches, Dice(seed))
    _refuse_mixing(out, scale)
    placed = orders(scale)
    people_shown = contact_rows(scale)
    money_moved = transaction_rows(scale, placed)
    plans_shown = subscription_rows(scale, placed)
    for batch in range(batches):
        here = pl.col("batch") == batch
        contacts_file, segment_file, payments_file, plans_file = _files(out, scale, batch)
        contacts_file.parent.mkdir(parents=True, exist_ok=True)
        shown = people_shown.filter(here)
        whole, segment = (shown.filter(pl.col("part") == part) for part in (0, 1))
        # The first file has passed through a Windows tool.
        _write(contacts_file, whole, scale, contact_cells, windows=batch == 0)
        if not segment.is_empty():
            _write(segment_file, segment, scale, contact_cells)
        moved = money_moved.filter(here)
        _write(payments_file, moved, scale, transaction_cells, null=NOT_AVAILABLE)
        plans = plans_shown.filter(here)
        _write(plans_file, plans, scale, subscription_cells, null=NOT_AVAILABLE)
    figures = truth(scale, people_shown, money_moved, plans_shown)
    text = json.dumps(figures, indent=2, ensure_ascii=False) + "\n"
    (out / TRUTH).write_text(text, encoding="utf-8")
    return figures


def _refuse_mixing(out: Path, scale: Scale) -> None:
    ours = {path for batch in range(scale.batches) for path in _files(out, scale, batch)}
    others = sorted(set(out.glob("*/*.csv")) - ours)
    if others:
        raise FileExistsError(
            f"{out} already holds {others[0].parent.name}/{others[0].name}; name an empty "
            "folder, because the figures of truth.json count the sample's files alone"
        )


def _files(out: Path, scale: Scale, batch: int) -> tuple[Path, Path, Path, Path]:
    """Where the contacts, a segment of them, transactions and subscriptions are written."""
    folder, moment = out / batch_key(batch), scale.exported_at(batch)
    return (
        folder / _file_name("contacts_kartra", moment),
        folder / _file_name("contacts_kartra", moment + _SEGMENT_LATER),
        folder / _file_name("report_all_transactions", moment + _TRANSACTIONS_LATER),
        folder / _file_name("all_subscriptions", moment + _SUBSCRIPTIONS_LATER),
    )


def _file_name(words: str, exported_at: datetime) -> str:
    """A name as Kartra gives it: the day, then 13 hexadecimal digits holding the second."""
    seconds = int(exported_at.timestamp())
    rest = zlib.crc32(f"{words} {seconds}".encode()) & 0xFFFFF
    return f"{words}_{exported_at:%d-%m-%Y}_{seconds:08x}{rest:05x}.csv"


def _write(
    path: Path,
    rows: pl.DataFrame,
    scale: Scale,
    cells: _Cells,
    *,
    null: str = "",
    windows: bool = False,
) -> None:
    """Turn rows into text, a slice at a time."""
    with path.open("wb") as file:
        for start in range(0, max(rows.height, 1), _AT_ONCE):
            cells(rows.slice(start, _AT_ONCE), scale).write_csv(
                file,
                include_header=start == 0,
                include_bom=windows and start == 0,
                line_terminator="\r\n" if windows else "\n",
                quote_style="necessary",
                null_value=null,
            )
