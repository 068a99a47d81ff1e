"""A small workspace, every kind of unusable file, and commands called in this process.

Three people, one company and one sale, as an operator would drop them; each bad file
stands for something people really bring along.
"""

import contextlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kartra_freshsales.cli import main
from kartra_freshsales.cli.workspace_files import lay_out
from kartra_freshsales.sandbox.server import SandboxProcess

DONE, FAILED, WRONG_USE, WAITING = 0, 1, 2, 3
BATCH, WHO = "first", "Somebody In Charge"
OWNER = "owner-north@example.com"

CONTACTS = f"""\
id,first_name,email,company,date_joined,tags,lists,gdpr_status,owner
1,Ada,ada@example.com,North Bakery,2024-01-02 03:04:05,Customer,Bakers,Accepted,{OWNER}
2,Ben,ben@example.com,,2024-02-03 04:05:06,Trial,,,{OWNER}
3,Cleo,cleo@example.org,,2024-03-04 05:06:07,,,Not accepted,{OWNER}
"""
SALES = """\
ID,Transaction_Type,Date,Product,Price_point,Buyer_Email,Amount (USD),Processor,lead_id
900001,Sale,2024-05-06 07:08:09,Bread Course,1,ada@example.com,120.50,Stripe,1
"""
_PEOPLE = "id,first_name,email,date_joined\n"
_EUROS = """\
ID,Transaction_Type,Date,Product,Price_point,Buyer_Email,Amount (EUR),lead_id
900002,Sale,2024-05-06 07:08:09,Bread Course,1,ada@example.com,20.50,1
900003,Sale,2024-05-07 07:08:09,Bread Course,1,ada@example.com,lots,1
900004,Present,2024-05-08 07:08:09,Bread Course,1,ada@example.com,1.00,1
900005,Sale,2024-05-09 07:08:09,Bread Course,1,gone@example.com,1.00,
"""

UNUSABLE: Mapping[str, tuple[bytes, str]] = {
    "unknown.csv": (b"a,b,c\n1,2,3\n", "fits no Kartra export"),
    "empty.csv": (b"", "is empty"),
    "binary.csv": (bytes(range(256)) * 12, "not a CSV file"),
    "no_email.csv": (
        b"first_name,last_name,tags,date_joined\nAda,L,x,2024-01-01\n",
        "no e-mail column",
    ),
    "no_buyer.csv": (
        b"ID,Transaction_Type,Date,Product,Price_point,Amount (USD)\n1,Sale,x,y,1,2\n",
        "neither of the columns buyer_email",
    ),
}
"""Files nothing can be read from, with words of the message."""

AWKWARD: Mapping[str, tuple[bytes, str, str]] = {
    "twice[1].csv": (
        f"{_PEOPLE[:-1]},email\n5,Eve,a5@example.com,2024-01-02 03:04:05,\n".encode(),
        "appears more than once",
        "twice[1].csv",
    ),
    "latin.csv": (
        f"{_PEOPLE}6,Jos\xe9,jose@example.com,2024-01-02 03:04:05\n".encode("latin-1"),
        "not UTF-8",
        "latin.csv",
    ),
    "ragged.csv": (
        f"{_PEOPLE}8,Ann,ann@example.com,2024-01-02 03:04:05\n9,Bea\n".encode(),
        "too few fields",
        "ragged.csv:3",
    ),
    "dates.csv": (
        f"{_PEOPLE}11,Dan,dan@example.com,3/4/2026\n".encode(),
        "do not tell the day from the month",
        "dates.csv:2, column 'date_joined'",
    ),
    "consent.csv": (
        f"{_PEOPLE[:-1]},gdpr_status\n13,Fay,fay@example.com,,Perhaps\n".encode(),
        "no consent table knows",
        "consent.csv:2, column 'gdpr_status'",
    ),
    "euro.csv": (
        _EUROS.encode(),
        "no amount",
        "euro.csv:3",
    ),
}
"""Files of which the rest goes on: content, words of the message, the place it names."""


@dataclass(frozen=True)
class Said:
    """How a command ended and what it wrote to both streams."""

    code: int
    out: str
    err: str

    @property
    def facts(self) -> dict[str, Any]:
        """The one JSON object on standard output, and nothing beside it."""
        told: dict[str, Any] = json.loads(self.out)
        return told

    @property
    def screen(self) -> str:
        """All that a person sees."""
        return self.out + self.err


def call(*words: str | Path) -> Said:
    """Run a command as its console script does, streams caught."""
    out, err = io.StringIO(), io.StringIO()
    code: object = None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main([str(word) for word in words])
        except SystemExit as end:
            code = end.code
    assert isinstance(code, int)
    assert "Traceback" not in err.getvalue()
    return Said(code, out.getvalue(), err.getvalue())


@dataclass(frozen=True)
class Place:
    """A workspace that points at an account."""

    root: Path

    @classmethod
    def new(cls, root: Path, sandbox: SandboxProcess | None = None) -> "Place":
        """Lay one out with the three people and their sale."""
        lay_out(root)
        place = cls(root)
        place.decide("destination.yaml", "sample_first: true", "sample_first: false")
        place.put("contacts.csv", CONTACTS)
        place.put("sales.csv", SALES)
        if sandbox is not None:
            place.point_at(sandbox.base_url, sandbox.api_key)
        return place

    def point_at(self, address: str, key: str) -> None:
        """Name the account."""
        self.set_environment(
            f"FRESHSALES_BASE_URL={address}\nFRESHSALES_API_KEY={key}\n"
            "KF_REQUESTS_PER_HOUR=0\nKF_REQUESTS_PER_MINUTE=0\n"
        )

    def set_environment(self, text: str) -> None:
        """Write ``.env``."""
        (self.root / ".env").write_text(text, encoding="utf-8")

    def put(self, name: str, text: str | bytes, batch: str = BATCH) -> None:
        """Drop a file into a batch."""
        path = self.root / "inbox" / batch / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def decide(self, file: str, old: str, new: str) -> None:
        """Change a line of a decision file."""
        path = self.root / "mappings" / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def call(self, command: str, *words: str | Path) -> Said:
        """Run a command on this workspace."""
        return call(command, *words, "--workspace", self.root)

    def go_on(self, command: str, *words: str | Path) -> Said:
        """Run a command with everything confirmed and allowed on the way."""
        return self.call(command, *words, "--approve", WHO, "--create-fields")
