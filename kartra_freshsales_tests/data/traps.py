"""One file per trap of real Kartra exports that the front door must hand on untouched.

Numbers are those of the list of traps in the reference. Most are solved by later rooms, and
can only be if no cell is trimmed, unescaped, translated or guessed at here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Trap:
    """What the trap is, the file, and cells that must be there as written."""

    why: str
    text: str
    kind: str = "contacts"
    cells: Mapping[str, list[str]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    quarantine: tuple[tuple[int, str], ...] = ()


_CONTACTS = "id,email,first_name"
_SALES = "ID,Transaction_Type,Date,Product,Buyer_Email,lead_id,Amount (USD)"
_A, _B = "person.1@example.com", "person.2@example.com"


def _contacts(column: str, *values: str) -> str:
    rows = (f"{n},person.{n}@example.com,Person,{v}" for n, v in enumerate(values, start=1))
    return "\n".join([f"{_CONTACTS},{column}", *rows, ""])


def _sales(*rows: str) -> str:
    return "\n".join([_SALES, *rows, ""])


TRAPS: Mapping[int, Trap] = {
    1: Trap(
        "the buyer's address of that day is not the contact's of today",
        _sales(f"10,Sale,2026-01-02,Course,former.{_A},1,5"),
        "transactions",
        {"lead_id": ["1"], "buyer_email": [f"former.{_A}"]},
    ),
    2: Trap(
        "no id column at all", f"email,first_name\n{_A},Person\n", cells={"email": [_A]}
    ),
    3: Trap(
        "made-up addresses instead of merging",
        _contacts("tags", "x").replace(_A, "delete.me@@invalid"),
        cells={"email": ["delete.me@@invalid"]},
    ),
    4: Trap(
        "a buyer who was deleted since",
        _sales(f"10,Sale,2026-01-02,Course,{_B},999,5"),
        "transactions",
        {"lead_id": ["999"]},
    ),
    5: Trap(
        "somebody asked to be forgotten: the word stays for a person to see",
        _contacts("notes", "Please delete my data"),
        cells={"notes": ["Please delete my data"]},
    ),
    6: Trap(
        "the same person in the same file twice, differing in case",
        _contacts("tags", "One", "Two").replace(_B, _A.upper()),
        cells={"email": [_A, _A.upper()], "tags": ["One", "Two"]},
    ),
    7: Trap(
        "Unsubscribed and Blocklisted are words, not decisions",
        _contacts("status", "Unsubscribed", "Blocklisted"),
        cells={"mail_status": ["Unsubscribed", "Blocklisted"]},
    ),
    8: Trap(
        "consent is two columns together",
        _contacts("gdpr_status,gdpr_communications", "Accepted,Yes", "Not subject,Off"),
        cells={
            "gdpr_status": ["Accepted", "Not subject"],
            "gdpr_communications": ["Yes", "Off"],
        },
    ),
    9: Trap(
        "three layouts of dates, a zero date and N/A",
        _contacts(
            "date_joined", "2026-01-02 03:04:05", "03 Mar 2026", "0000-00-00 00:00:00",
            "N/A",
        ),
        cells={
            "date_joined": [
                "2026-01-02 03:04:05", "03 Mar 2026", "0000-00-00 00:00:00", "N/A",
            ]
        },
    ),
    10: Trap(
        "saved by a spreadsheet: an id that lost its digits",
        _sales(f"1.23E+11,Sale,2026-01-02,Course,{_A},1,5", f"11,Sale,x,Course,{_A},1,5"),
        "transactions",
        {"id": ["11"]},
        warnings=("Column 'id': 1 cell(s) hold a rounded number",),
        quarantine=((2, "mangled_key"),),
    ),
    11: Trap(
        "country code apart, with and without plus, and repeated",
        _contacts("phone_country_code,phone", "+44,0161 4960000", "1,12125550101"),
        cells={
            "phone_country_code": ["+44", "1"],
            "phone": ["0161 4960000", "12125550101"],
        },
    ),
    12: Trap(
        "tags by whatever separator",
        _contacts("tags", "One; Two", '"One, Two"', "One|Two"),
        cells={"tags": ["One; Two", "One, Two", "One|Two"]},
    ),
    13: Trap(
        "line breaks and quotation marks in text areas",
        _contacts("notes", '"one\r\n""two"", three"'),
        cells={"notes": ['one\r\n"two", three']},
    ),
    14: Trap(
        "HTML entities are text until a later room says otherwise",
        _contacts("notes", "Salt &amp; Pepper &#039;90s"),
        cells={"notes": ["Salt &amp; Pepper &#039;90s"]},
    ),
    15: Trap(
        "a byte-order mark before the first header",
        "\ufeff" + _contacts("notes", "Zoë"),
        cells={"kartra_id": ["1"], "notes": ["Zoë"]},
    ),
    16: Trap(
        "ragged rows and the header again after joining files",
        _contacts("notes", "a") + "2,short\n" + _contacts("notes", "b"),
        cells={"notes": ["a", "b"]},
        quarantine=((3, "too_few_fields"), (4, "repeated_header")),
    ),
    17: Trap(
        "a custom field named like a standard one",
        _contacts("phone,phone", "1,2"),
        cells={"phone": ["1"], "phone_2": ["2"]},
        warnings=("appears more than once",),
    ),
    18: Trap(
        "cells that a spreadsheet would run",
        _contacts("notes", "=1+1", "+1", "-1", "@x", '"=HYPERLINK(""x"")"'),
        cells={"notes": ["=1+1", "+1", "-1", "@x", '=HYPERLINK("x")']},
    ),
    19: Trap(
        "a product renamed: old rows keep the old name",
        _sales(f"10,Sale,x,Course,{_A},1,5", f"11,Sale,x,Course 2.0,{_A},1,5"),
        "transactions",
        {"product": ["Course", "Course 2.0"]},
    ),
    20: Trap(
        "a third of the rows is no money",
        _sales(f"10,Failed,x,Course,{_A},1,5", f"11,Request Can.,x,Course,{_A},1,0"),
        "transactions",
        {"transaction_type": ["Failed", "Request Can."]},
    ),
    21: Trap(
        "two currencies in one file's headers",
        f"{_SALES},Revenue (EUR)\n10,Sale,x,Course,{_A},1,5,4\n",
        "transactions",
        {"amount": ["5"], "revenue": ["4"]},
        warnings=("several currencies: EUR, USD",),
    ),
    22: Trap(
        "test contacts",
        _contacts("tags", "x").replace(_A, "test.1@kartra.com"),
        cells={"email": ["test.1@kartra.com"]},
    ),
    23: Trap(
        "GDPR switched off: one word in all rows",
        _contacts("gdpr_status", "Off", "Off"),
        cells={"gdpr_status": ["Off", "Off"]},
    ),
    24: Trap(
        "lists somebody is or has been on",
        _contacts("lists", "News (inactive); Club"),
        cells={"lists": ["News (inactive); Club"]},
    ),
    25: Trap(
        "personal data in every file: kept in the rows, shown nowhere",
        _contacts("ip,sales_tax_id", "192.0.2.1,XX000000000"),
        cells={"ip": ["192.0.2.1"], "sales_tax_id": ["XX000000000"]},
    ),
}  # fmt: skip
TEXTS = {f"trap_{number:02d}.csv": trap.text for number, trap in TRAPS.items()}
