"""Export files as people bring them. Each is here for one awkwardness, named beside it."""

from collections.abc import Mapping

CONTACTS_HEADER = "id,email,first_name,last_name,phone,tags,notes"
ROW_1 = '1,ada@example.com,Ada,Cove,2125550101,"One; Two","Calm, and kind"'
ROW_2 = "2,ben@example.com,Zoë,Grün,,One,"
PLAIN = f"{CONTACTS_HEADER}\r\n{ROW_1}\r\n{ROW_2}\r\n"

TRANSACTIONS = (
    "ID,Transaction_Type,Date,Product,Buyer_Email,lead_id,Amount (EUR)\n"
    "10,Sale,2026-01-02 03:04:05,Course,ada@example.com,1,12.50\n"
)
SUBSCRIPTIONS = (
    "ID,Status,Product,Recurrence_Term,Buyer_Email,Next payment date,Next payment amount\n"
    "7,Active,Club,Monthly,ada@example.com,03 Mar 2026,19.00\n"
)

MULTI_LINE = (
    f"{CONTACTS_HEADER}\n"
    '1,ada@example.com,Ada,Cove,,,"first line\nsecond ""quoted"" line\n\nfourth"\n'
    "2,ben@example.com,Ben,Dale,,,\n"
)
"""Notes with line breaks, a blank line and doubled quotation marks (kept as one row)."""

RAGGED = (
    f"{CONTACTS_HEADER}\n"
    "1,ada@example.com,Ada,Cove,,,\n"
    "2,ben@example.com,Ben\n"  # cut off
    "3,cla@example.com,Clara,Dale,,,,surplus\n"  # an unquoted comma somewhere
    "4,dan@example.com,Dan,Elm,,,\n"
)
"""Rows that are too short and too long between good ones."""

STRAY_QUOTE = (
    f"{CONTACTS_HEADER}\n"
    '1,ada@example.com,Ada,Cove,,,6" pipe, or longer\n'  # cannot be put right for certain
    '2,ben@example.com,Ben "Benny" B,Dale,,,\n'  # plain text with marks inside
    "3,cla@example.com,Clara,Dale,,,\n"
)
"""Quotation marks inside cells that are not quoted."""

REPEATED_HEADER = f"{PLAIN}{CONTACTS_HEADER}\r\n3,dan@example.com,Dan,Elm,,,\r\n"
"""Two files put one after the other with a text editor."""

WITH_TITLE = f"All contacts, exported by hand\n\n{PLAIN}"
"""A title line and a blank line above the header, as spreadsheets like them."""

DUPLICATE_HEADERS = (
    "email,phone,phone,,company,Company\n"
    "ada@example.com,2125550101,2125550102,kept,Acme,Acme Ltd\n"
)
"""A custom field named like a standard one, and a column without name that has values."""

UNTIDY_HEADERS = (
    "\ufeff Lead Email: ,First-Name,last name*,\u200bScore \nada@example.com,A,B,3\n"
)
"""Invisible characters, blanks, colons and stars around the names."""

NO_NEWLINE_AT_END = PLAIN.rstrip("\r\n")

ENCODINGS: Mapping[str, bytes] = {
    "utf-8": PLAIN.encode(),
    "utf-8 with mark": PLAIN.encode("utf-8-sig"),
    "utf-16": PLAIN.encode("utf-16"),
    "windows-1252": PLAIN.encode("cp1252"),
}
"""The same two rows as different programs save them."""

DELIMITERS: Mapping[str, str] = {
    ";": "email;first_name;tags\nada@example.com;Ada;One, Two\n",
    "\t": "email\tfirst_name\ttags\nada@example.com\tAda\tOne; Two\n",
    "|": "email|first_name|tags\nada@example.com|Ada|One; Two\n",
}
"""What other spreadsheets put between cells."""

NOT_CSV: Mapping[str, bytes] = {
    "empty": b"",
    "blank lines only": b"\n\n\n",
    "a web page": b"<!DOCTYPE html><html><body>Please sign in</body></html>\n",
    "a picture": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00\x00\x00\x01\x00"
    * 40,
    "no e-mail column": b"first_name,last_name,phone\nAda,Cove,2125550101\n",
    "somebody's list": b"fruit,colour\napple,red\n",
}
"""Files that are no usable export."""
