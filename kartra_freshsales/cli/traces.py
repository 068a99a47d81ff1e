"""Records and requests as a person wants to follow them.

Not here: finding them (``enquiries``).
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from kartra_freshsales.cli.failures import WrongUse
from kartra_freshsales.cli.output import Screen

_SHOWN = 200
_AGO = re.compile(r"(\d{1,6})\s*([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_COLUMNS = ("at", "run", "request", "status", "outcome", "ms", "try", "writes", "said")


def show_records(screen: Screen, records: Sequence[Mapping[str, Any]]) -> None:
    """Each record with its source lines, then its fields as sent and as read back."""
    for record in records:
        rows = [[name, value] for name, value in record.items() if name != "fields"]
        screen.table(f"{record['module']} {record['source_key']}", ["", ""], rows)
        screen.table(
            "Fields",
            ["field", "sent", "read back"],
            [[f["field"], f["sent"], f["seen"]] for f in record["fields"]],
        )


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
