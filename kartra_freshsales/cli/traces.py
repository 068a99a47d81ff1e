"""Rows, records and requests as a person wants to follow them.

Not here: finding them (``trace_story``, ``enquiries``).
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from kartra_freshsales.cli.failures import WrongUse
from kartra_freshsales.cli.output import Screen

_SHOWN, _WIDEST = 200, 60
_WAY = (
    "field", "row", "column", "in the export", "rules", "sent", "read back", "verdict",
)  # fmt: skip
_FACTS = ("freshsales_id", "how", "state", "batch", "exports")
_AGO = re.compile(r"(\d{1,6})\s*([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_COLUMNS = ("at", "run", "request", "status", "outcome", "ms", "try", "writes", "said")


def show_rows(screen: Screen, rows: Sequence[Mapping[str, Any]]) -> None:
    """Where each source row ended, and what to do about those that became no record."""
    if rows:
        told = [
            [
                r["row"],
                r["state"],
                _word(r["reason"]),
                r["record"] or "-",
                r["remedy"] or "",
            ]
            for r in rows[:_SHOWN]
        ]
        screen.table(
            "Rows of the exports", ["row", "ended", "why", "record", "what to do"], told
        )
    if len(rows) > _SHOWN:
        screen.say(f"{len(rows) - _SHOWN:,} more rows are not shown; see --json.")


def show_records(screen: Screen, records: Sequence[Mapping[str, Any]]) -> None:
    """Each record: how it stands, its fields' way, rows that lost, and its writes."""
    for record in records:
        planned = record["planned"]
        facts = {name: record[name] for name in _FACTS} | {
            "planned": ": ".join(filter(None, (planned["operation"], planned["reason"]))),
            "what to do": planned["remedy"] or "",
        }
        screen.table(
            f"{record['module']} {record['source_key']}",
            ["", ""],
            [
                [name, str(value)]
                for name, value in facts.items()
                if value not in (None, "")
            ],
        )
        _show_fields(screen, record["fields"])
        writes = [
            [w["at"], w["operation"], w["state"], w["detail"] or "", w["run"][:8]]
            for w in record["writes"]
        ]
        if writes:
            screen.table("Writes", ["at", "what", "ended", "detail", "run"], writes)


def _show_fields(screen: Screen, fields: Sequence[Mapping[str, Any]]) -> None:
    screen.table(
        "Fields",
        _WAY,
        [
            [
                f["field"], f["from"] or "-", f["column"] or "-", _text(f["original"]),
                ", ".join(f["rules"]) or "-", _text(f["sent"]), _text(f["seen"]),
                f["verdict"],
            ]
            for f in fields
        ],
    )  # fmt: skip
    lost = [
        [f["field"], other["row"], _text(other["value"])]
        for f in fields
        for other in f["others"]
    ]
    if lost:
        screen.table(
            "Values that other rows hold and that were not taken",
            ["field", "row", "in the export"],
            lost,
        )


def _text(value: Any) -> str:
    """A value on one line, shortened: the whole stands in --json."""
    text = "-" if value is None else " ".join(str(value).split())
    return text if len(text) <= _WIDEST else f"{text[:_WIDEST]}…"


def _word(reason: str | None) -> str:
    return (reason or "-").replace("_", " ")


def show_requests(screen: Screen, lines: Sequence[Mapping[str, Any]]) -> None:
    """The newest of some requests, oldest first."""
    rows = [_row(line) for line in lines[-_SHOWN:]]
    screen.table("Requests", _COLUMNS, rows)
    if len(lines) > len(rows):
        screen.say(f"{len(lines) - len(rows):,} older ones are not shown; see --json.")


def _row(line: Mapping[str, Any]) -> list[Any]:
    status = line["status"]
    return [
        str(line["at"])[:23],
        str(line["run"])[:8],
        f"{line['method']} {line['route']}",
        "-" if status is None else str(status),
        line["outcome"],
        str(line["ms"]),
        line["attempt"],
        len(line.get("intents", ())),
        "; ".join(line.get("words", ())),
    ]


def moment_of(text: str) -> datetime | None:
    """A time a person typed: ISO, UTC where nothing else is said, or how long ago.

    Raises:
        WrongUse: it is neither.
    """
    if not text.strip():
        return None
    ago = _AGO.fullmatch(text.strip())
    try:
        if ago:
            return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        at = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        raise WrongUse(
            "--since is no time.",
            remedy="Give 2026-03-01, 2026-03-01T12:00 or 30m, 2h, 1d.",
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
