"""The rules by default once more, row by row over the written files, in plain Python.

Slow and simple on purpose: it knows nothing of how the sample was made, so that agreement
with ``truth.json`` means that the files really say what the figures claim. What does not
belong here: anything of the package.
"""

import csv
import hashlib
import re
from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path

Row = dict[str, str]
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_LEGAL = {"inc", "llc", "ltd", "gmbh", "corp", "co"}
_BLOCKS = {
    "Do not contact": "unsubscribed",
    "Declined commercial messages": "unsubscribed",
    "Spam complaint": "reported_as_spam",
    "Blocklisted": "bounced",
    "Multiple soft bounces": "bounced",
}
_PAID = ("Sale", "Rebill")
_UNDOING = ("Refund", "Partial refund", "Chargeback")
# Most restrictive first: what wins among facts of one date, or without dates.
_RANK = ("unsubscribed", "not_subscribed", "subscribed")


def read(out: Path, words: str, batch: str = "*") -> list[Row]:
    """All records of the files whose name begins so, oldest export first."""
    paths = sorted(out.glob(f"{batch}/{words}*.csv"), key=lambda path: path.stem[-13:-5])
    rows = []
    for path in paths:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows += list(csv.DictReader(file, strict=True))
    return rows


def value(row: Row, column: str) -> str | None:
    text = row[column].strip()
    return None if text in {"", "N/A"} else text


def company_key(name: str) -> str:
    words = re.sub(r"[^\w\s]", " ", name.casefold()).split()
    while len(words) > 1 and words[-1] in _LEGAL:
        words.pop()
    return " ".join(words)


def _contact_state(row: Row) -> tuple[str, str | None]:
    email = (value(row, "email") or "").casefold()
    if not _EMAIL.fullmatch(email):
        return "quarantined", None
    return ("excluded", None) if email.endswith("@kartra.com") else ("kept", email)


def _newest(rows: list[Row], column: str) -> str | None:
    return next((found for row in reversed(rows) if (found := value(row, column))), None)


def _split(rows: list[Row], column: str) -> set[str]:
    cells = [value(row, column) or "" for row in rows]
    parts = {part.strip().casefold() for cell in cells for part in re.split("[,;]", cell)}
    return parts - {""}


def consent(rows: list[Row]) -> str:
    """The latest dated fact wins, the most restrictive of one date or of none."""
    blocks = {_BLOCKS[row["status"]] for row in rows if row["status"] in _BLOCKS}
    if blocks:
        (only,) = blocks
        return only
    facts = []
    for row in rows:
        status, mail = value(row, "gdpr_status"), value(row, "gdpr_communications")
        if status is None and mail is None:
            continue
        refused = status == "Not accepted" or mail == "No"
        agreed = status == "Accepted" and mail == "Yes"
        state = "unsubscribed" if refused else "subscribed" if agreed else "not_subscribed"
        text = value(row, "gdpr_status_date")
        facts.append((datetime.strptime(text, "%d %b %Y %H:%M") if text else None, state))  # noqa: DTZ007
    dates = [date for date, _ in facts if date]
    counted = {state for date, state in facts if not dates or date in {None, max(dates)}}
    return next((state for state in _RANK if state in counted), "not_subscribed")


def amount(row: Row) -> Decimal:
    return abs(Decimal(row["Amount (USD)"].replace(",", "")))


class Oracle:
    """The figures of ``truth.json``, found out from the files."""

    def __init__(self, out: Path) -> None:
        self.contact_rows = read(out, "contacts_kartra")
        self.transaction_rows = read(out, "report_all_transactions")
        self.subscription_rows = read(out, "all_subscriptions")
        self.golden: dict[str, list[Row]] = defaultdict(list)
        states: Counter[str] = Counter()
        for row in self.contact_rows:
            state, email = _contact_state(row)
            states[state] += 1
            if email is not None:
                self.golden[email].append(row)
        states["loaded"] = len(self.golden)
        states["merged"] = states.pop("kept") - len(self.golden)
        self.contact_states = states
        self.by_id = {rows[-1]["id"]: email for email, rows in self.golden.items()}
        self._settle_transactions()

    def buyer(self, row: Row) -> str | None:
        email = row["Buyer_Email"].casefold()
        found = self.by_id.get(row["lead_id"])
        return found or (email if email in self.golden else None)

    def _settle_transactions(self) -> None:
        self.deals: dict[str, tuple[Row, str]] = {}
        self.states: Counter[str] = Counter()
        self.refunds: dict[str, tuple[Row, str]] = {}
        self.rungs: Counter[str] = Counter()
        for row in self.transaction_rows:
            if row["Transaction_Type"] in _PAID:
                buyer = self.buyer(row)
                if buyer is None:
                    self.states["quarantined"] += 1
                else:
                    self.states["merged" if row["ID"] in self.deals else "loaded"] += 1
                    self.deals[row["ID"]] = (row, buyer)
        self._index()
        for row in self.transaction_rows:
            if row["Transaction_Type"] in _UNDOING:
                sale = self._sale_of(row)
                self.states["merged" if sale else "quarantined"] += 1
                if sale:
                    self.refunds[row["ID"]] = (row, sale)
            elif row["Transaction_Type"] not in _PAID:
                self.states["excluded"] += 1

    def _index(self) -> None:
        self.by_processor: dict[str, str] = {}
        self.by_payment: dict[tuple[str, str], str] = {}
        self.by_product: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for key, (row, _) in self.deals.items():
            if processed := value(row, "Processor_transaction_id"):
                assert self.by_processor.setdefault(processed, key) == key
            if subscription := value(row, "subscription_id"):
                self.by_payment[subscription, row["Subscription_payment_number"]] = key
            if lead := value(row, "lead_id"):
                self.by_product[lead, row["Product"]].append(row)

    def _sale_of(self, row: Row) -> str | None:
        if found := self.by_processor.get(row["Processor_transaction_id"]):
            self.rungs["processor"] += 1
            return found
        subscription = value(row, "subscription_id") or "none"
        number = row["Subscription_payment_number"]
        if found := self.by_payment.get((subscription, number)):
            self.rungs["payment"] += 1
            return found
        bought = self.by_product.get((row["lead_id"], row["Product"]), [])
        fitting = [
            (sale["Date"], sale["ID"])
            for sale in bought
            if sale["Date"] < row["Date"] and amount(sale) >= amount(row)
        ]
        if fitting:
            self.rungs["product"] += 1
        return max(fitting)[1] if fitting else None

    def subscription_states(self) -> Counter[str]:
        known = [row for row in self.subscription_rows if self.buyer(row)]
        loaded = len({row["ID"] for row in known})
        lost = len(self.subscription_rows) - len(known)
        return Counter(loaded=loaded, merged=len(known) - loaded, quarantined=lost)

    def companies(self) -> dict[str, str]:
        """Contact key → account key."""
        newest = {email: _newest(rows, "company") for email, rows in self.golden.items()}
        return {email: company_key(name) for email, name in newest.items() if name}

    def members(self, column: str) -> Counter[str]:
        return Counter(
            name for rows in self.golden.values() for name in _split(rows, column)
        )

    def modules(self) -> dict[str, int]:
        companies = self.companies()
        contacts = {buyer for _, buyer in self.deals.values()} | set(companies)
        return {
            "sales_accounts": len(set(companies.values())),
            "contacts": len(contacts),
            "leads": len(self.golden) - len(contacts),
            "deals": len(self.deals),
            "subscriptions": self.subscription_states()["loaded"],
            "notes": sum(
                _newest(rows, "notes") is not None for rows in self.golden.values()
            ),
            "lists": len(self.members("lists")),
        }

    def owners(self) -> Counter[str]:
        named = (_newest(rows, "owner") or "" for rows in self.golden.values())
        return Counter(name.casefold() for name in named)

    def consents(self) -> Counter[str]:
        return Counter(consent(rows) for rows in self.golden.values())

    def emails(self) -> str:
        return hashlib.sha256("\n".join(sorted(self.golden)).encode()).hexdigest()
