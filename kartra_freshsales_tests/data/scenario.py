"""What must come of each file in ``ugly/``, and the texts that must survive untouched.

A file is here for one trap, named beside it. Where nothing else is said, it holds contacts
and all its lines but the header are rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kartra_freshsales_tests.data.traps import TRAPS

_REPEATED, _OTHER, _FOOTER = "repeated_header", "other_header", "after_data"
_BOOK_NOTE = "This is a workbook"


@dataclass(frozen=True)
class Expected:
    """What is read of one export: lines of rows, what is set aside, cells, warnings.

    ``warnings`` are the beginnings or parts of all warnings, in any order.
    """

    trap: str
    rows: tuple[int, ...] = (2, 3)
    quarantine: tuple[tuple[int, str], ...] = ()
    warnings: tuple[str, ...] = ()
    kind: str = "contacts"
    encoding: str = "utf-8"
    delimiter: str = ","
    reader: str = "fast"
    cells: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """A file no export is read of: words of the message."""

    trap: str
    words: str


_ACCENTED = {"first_name": ["Zoë", "Björn"], "notes": ["café – “off”", ""]}

PLAIN_FILES: Mapping[str, Expected] = {
    # encodings
    "utf8_mark.csv": Expected(
        "UTF-8 with a mark, as Excel saves it", encoding="utf-8-sig", cells=_ACCENTED
    ),
    "utf16_mark.csv": Expected("Excel's “Unicode”", encoding="utf-16", cells=_ACCENTED),
    "utf16_be_mark.csv": Expected("the other way", encoding="utf-16", cells=_ACCENTED),
    "utf16_no_mark.csv": Expected(
        "UTF-16 whose mark was cut off", encoding="utf-16-le", cells=_ACCENTED
    ),
    "windows_1252.csv": Expected(
        "an old Windows program", encoding="cp1252", cells=_ACCENTED,
        warnings=("not UTF-8; it was read as Windows-1252 (2 lines, the first is line 2)",),
    ),
    "mac_roman.csv": Expected(
        "an old Mac: nothing is guessed, but the doubt is told", encoding="cp1252",
        warnings=("read as Windows-1252", "would read better as Mac Roman"),
    ),
    "two_encodings.csv": Expected(
        "two files joined, one of them from Windows", rows=(2, 3, 4),
        encoding="utf-8+cp1252", cells={"first_name": ["Zoë", "Björn", "Zoë"]},
        warnings=("Parts are not UTF-8",),
    ),
    "undefined_byte.csv": Expected(
        "a byte that Windows-1252 lacks keeps its number", encoding="cp1252",
        cells={"first_name": ["Person", "\x81"]}, warnings=("read as Windows-1252",),
    ),
    # line ends
    "crlf.csv": Expected("Windows line ends"),
    "cr_only.csv": Expected("line ends of old Macs", reader="tolerant"),
    "mixed_line_ends.csv": Expected("all three", rows=(2, 3, 4), reader="tolerant"),
    "doubled_cr.csv": Expected(
        "line ends translated twice", rows=(3, 5), reader="tolerant"
    ),
    "odd_line_ends.csv": Expected(
        "what Unicode calls a line end is none here",
        cells={"notes": ["a\x0bb\x0cc\x85d\u2028e", ""]},
    ),
    "no_line_end.csv": Expected("the last line has no end"),
    "blank_lines_between.csv": Expected("blank lines", rows=(3, 6), reader="tolerant"),
    # delimiters
    "semicolon.csv": Expected(
        "a spreadsheet in Europe: decimal commas", rows=(2,), delimiter=";",
        cells={"first_name": ["Zoë"], "amount": ["42,5"]},
    ),
    "tab.csv": Expected(
        "tabs", rows=(2,), delimiter="\t", cells={"tags": ["A, B; C"]}
    ),
    "pipe.csv": Expected(
        "vertical bars", rows=(2,), delimiter="|", cells={"tags": ["A, B; C"]}
    ),
    "declared_delimiter.csv": Expected(
        "Excel's own hint above the header", rows=(3,), delimiter=";", reader="tolerant",
        cells={"first_name": ["A, B"]},
    ),
    "one_column_of_lines.csv": Expected(
        "whole lines quoted: nothing to be made of them", rows=(), reader="tolerant",
        quarantine=((2, "too_few_fields"),), warnings=("a header and no rows",),
    ),
    # quotation marks
    "doubled_marks.csv": Expected("as it should be", cells={"notes": ['say "hi", ok', ""]}),
    "backslash_marks.csv": Expected(
        "as databases do it", reader="tolerant",
        cells={"notes": ['say "hi", then C:\\temp or D:\\x', ""]},
    ),
    "backslash_at_the_end.csv": Expected(
        "a path is no escaped mark", cells={"notes": ["C:\\temp\\", ""]}
    ),
    "stray_marks.csv": Expected(
        "inches: a row with a comma beside them cannot be put right for certain",
        rows=(2, 4, 5), quarantine=((3, "too_many_fields"),), reader="tolerant",
        cells={"notes": ['6" pipe', '"closed" too soon', ""]},
        warnings=("Misplaced quotation marks were taken as text in 1 row(s)",),
    ),
    "open_mark.csv": Expected(
        "a mark that is never closed costs no other row", rows=(2, 3, 4),
        reader="tolerant", cells={"notes": ["", '"never closed', ""]},
        warnings=("Misplaced quotation marks were taken as text in 1 row(s)",),
    ),
    "swallowed.csv": Expected(
        "a mark closed two rows later: right by the rules, so it is only warned of",
        rows=(2,), warnings=("span lines that look like records of their own",),
    ),
    "single_marks.csv": Expected(
        "apostrophes", rows=(2,), cells={"notes": ["a, b"]}
    ),
    "blank_before_marks.csv": Expected(
        "a blank after each comma", rows=(2,), reader="tolerant",
        cells={"first_name": ["Person"], "notes": ["a, b"]},
    ),
    "cell_of_lines.csv": Expected(
        "line breaks of all sorts inside cells", rows=(2, 6, 9), reader="tolerant",
        cells={"notes": ['one\ntwo "2"\n\nfour', "a\r\nb\rc", ""]},
    ),
    # around the data
    "preamble.csv": Expected(
        "titles above the header", rows=(5,), reader="tolerant",
        quarantine=((1, "before_header"), (2, "before_header")),
    ),
    "footer.csv": Expected(
        "a total and a signature below", rows=(2,), reader="tolerant",
        quarantine=((4, _FOOTER), (5, _FOOTER)),
    ),
    "padded_footer.csv": Expected(
        "the same, filled up by a spreadsheet", rows=(2,),
        quarantine=((3, _FOOTER), (4, _FOOTER)),
    ),
    "cut_off.csv": Expected(
        "a download that broke off is no footer", rows=(2,), reader="tolerant",
        quarantine=((3, "too_few_fields"),),
    ),
    "header_again.csv": Expected(
        "files joined", rows=(2, 4), quarantine=((3, _REPEATED),)
    ),
    "marks_and_header_again.csv": Expected(
        "files joined, each with its mark", rows=(2, 4), quarantine=((3, _REPEATED),),
        encoding="utf-8-sig", reader="tolerant",
    ),
    "other_header.csv": Expected(
        "files joined whose columns stand in another order: no value into a wrong field",
        rows=(2, 6), quarantine=((3, _OTHER), (4, _OTHER), (5, _REPEATED)),
        cells={"email": ["person.1@example.com", "person.3@example.com"]},
    ),
    "narrower_header.csv": Expected(
        "files joined with other columns", rows=(2,), reader="tolerant",
        quarantine=((3, _OTHER), (4, _OTHER)),
    ),
    "header_only.csv": Expected(
        "an empty segment", rows=(), warnings=("a header and no rows",)
    ),
    # headers and widths
    "headers_twice_and_none.csv": Expected(
        "doubled, missing and trailing headers", rows=(2,),
        cells={"phone": ["1"], "phone_2": ["2"], "unnamed_4": ["kept"], "Company_2": ["B"]},
        warnings=(
            "neither header nor values", "Header 'phone' (column 3)",
            "Column 4 has no header", "Header 'Company' (column 6)",
        ),
    ),
    "untidy_headers.csv": Expected(
        "marks, blanks, colons and stars around names", rows=(2,), encoding="utf-8-sig",
        cells={"email": ["person.1@example.com"], "last_name": ["1"], "score": ["3"]},
    ),
    "ragged.csv": Expected(
        "too short, too long, and long by blanks alone", rows=(2, 5, 6),
        quarantine=((3, "too_few_fields"), (4, "too_many_fields")), reader="tolerant",
    ),
    "nul.csv": Expected(
        "a NUL", rows=(2, 4), quarantine=((3, "nul_byte"),), reader="tolerant"
    ),
    # saved by a spreadsheet
    "rounded_ids.csv": Expected(
        "ids in scientific notation, own and foreign: they would join wrong rows",
        rows=(2,), quarantine=((3, "mangled_key"), (4, "mangled_key")),
        kind="transactions",
        warnings=("Column 'id': 1 cell(s)", "Column 'lead_id': 1 cell(s)"),
    ),
    "rounded_contacts.csv": Expected(
        "a contact is known by its e-mail, so the row stays",
        cells={"kartra_id": ["1.23E+11", "2"], "phone": ["4.47912E+11", "+447912345678"]},
        warnings=("Column 'kartra_id': 1 cell(s)", "Column 'phone': 1 cell(s)"),
    ),
    "lost_zeros.csv": Expected(
        "postcodes and numbers without their zero; Austria has four digits",
        rows=(2, 3, 4), cells={"zip": ["02134", "2134", "1010"]},
        warnings=("Column 'zip': 1 postcode(s)", "Column 'phone': 1 number(s)"),
    ),
    "dates_both_ways.csv": Expected(
        "some dates turned round, some not", rows=(2, 3, 4),
        warnings=("Column 'date_joined': dates are written both ways, 1 with the day",),
    ),
    "dates_untold.csv": Expected(
        "nothing tells the day from the month, in a custom column",
        warnings=("Column 'Birthday': 2 date(s) such as 3/4/2026 do not tell",),
    ),
    "float_ids.csv": Expected(
        "10.0 and 10 would be one sale twice; 1.0 finds nobody and harms nobody",
        rows=(3,), quarantine=((2, "mangled_key"),), kind="transactions",
        warnings=("Column 'id': 1 cell(s) end in .0", "Column 'lead_id': 1 cell(s) end"),
    ),
    "cut_numbers.csv": Expected(
        "digits beyond the fifteenth", warnings=("Column 'phone': 2 long number(s)",)
    ),
    "formula_errors.csv": Expected(
        "a cell that was run", warnings=("Column 'notes': 2 cell(s) hold an error",)
    ),
    "packed.csv.gz": Expected("gzip"),
    **{
        f"trap_{number:02d}.csv": Expected(
            trap.why,
            rows=(),
            quarantine=trap.quarantine,
            warnings=trap.warnings,
            kind=trap.kind,
            reader="tolerant" if number == 16 else "fast",
            encoding="utf-8-sig" if number == 15 else "utf-8",
            cells=trap.cells,
        )
        for number, trap in TRAPS.items()
    },
}  # fmt: skip
"""Files that are one export. For traps the cells say how many rows there are."""

_CONTACTS_SHEET = Expected(
    "dates, codes, shared and formatted texts, errors; a title above, blank rows between",
    rows=(5, 7), quarantine=((2, "before_header"),), encoding="xlsx", reader="tolerant",
    cells={
        "kartra_id": ["123456789012", "2"],
        "email": ["person.1@example.com", "person.2@example.com"],
        "first_name": ["Person", "Person"],
        "zip": ["02134", "2135"],
        "date_joined": ["2026-03-03 12:00:00", "2026-03-03"],
        "score": ["0.1", "12.50"],
        "notes": ["one\r\ntwo", "#N/A"],
    },
    warnings=(_BOOK_NOTE, "Column 'notes': 1 cell(s)", "sheet 'About' is no export"),
)  # fmt: skip
_SALES_SHEET = Expected(
    "an id with more digits than a workbook keeps", rows=(), encoding="xlsx",
    quarantine=((2, "mangled_key"),), kind="transactions",
    warnings=(
        _BOOK_NOTE, "Column 'id': 1 cell(s)", "a header and no rows", "sheet 'About'",
    ),
)  # fmt: skip
CONTAINERS: Mapping[str, Mapping[str, Expected]] = {
    "exports.zip": {
        "contacts_kartra_02-03-2026_69a59a35abcde.csv": Expected("a member"),
        "sales/2026/january.csv": Expected("in folders", kind="transactions"),
        "sales/2026/packed.csv.gz": Expected("packed twice", kind="transactions"),
    },
    "two_sheets.xlsx": {"Contacts": _CONTACTS_SHEET, "Sales": _SALES_SHEET},
    "book_in_archive.zip": {
        "report.xlsx/Contacts": _CONTACTS_SHEET,
        "report.xlsx/Sales": _SALES_SHEET,
    },
    "one_column.xlsx": {
        "Sheet1": Expected(
            "a CSV file put into column A", rows=(2,), encoding="xlsx", delimiter=";",
            cells={"first_name": ["Person"]}, warnings=(_BOOK_NOTE,),
        )
    },
}  # fmt: skip
"""Files that hold several exports, by the names of the parts."""

PROBLEMS: Mapping[str, tuple[str, str]] = {
    "exports.zip": ("exports.zip/sales/fruit.csv", "fits no Kartra export"),
}
"""Parts that are of no use beside others that are."""

UNUSABLE: Mapping[str, Refused] = {
    "empty.csv": Refused("nothing in it", "is empty"),
    "blank_lines_only.csv": Refused("nothing but line ends", "is empty"),
    "utf16_cut.csv": Refused("half a character at the end", "does not stay so"),
    "web_page.csv": Refused("the page of an expired session", "is a web page"),
    "json.csv": Refused("the answer of an API", "is JSON"),
    "json_lines.csv": Refused("its other form", "is JSON"),
    "picture.csv": Refused("a picture", "is a picture"),
    "no_address.csv": Refused("contacts without addresses", "has no e-mail column"),
    "other_list.csv": Refused("somebody's list", "fits no Kartra export"),
    "cut_packed.csv.gz": Refused("a broken download", "cannot be read"),
    "cut.zip": Refused("a broken download", "cannot be read"),
    "locked.zip": Refused("a password", "has a password"),
    "archive_in_archive.zip": Refused("packed twice", "an archive inside an archive"),
    "no_exports.zip": Refused("a picture alone", "no file that could be an export"),
    "letter.zip": Refused("a letter", "is an office document"),
    "no_export.xlsx": Refused("notes alone", "no sheet that is an export: 'About', 'More'"),
    "entities.xlsx": Refused("XML that would grow", "defines entities"),
}

NAUGHTY: Mapping[str, str] = {
    "control characters": "".join(map(chr, range(1, 32))).replace("\r", "") + "\x7f",
    "C1 control characters": "".join(map(chr, range(0x80, 0xA0))),
    "line ends of Unicode": "a\u2028b\u2029c\x85d\x0be\x0cf",
    "right-to-left marks": "\u202eexe.gpj\u202c \u200fשלום\u200e مرحبا",
    "zero-width characters": "a\u200bb\u200cc\u200dd\ufeffe\u2060f",
    "emoji": "👩‍👩‍👧‍👦 🏳️‍🌈 🇪🇺 👍🏽",
    "combining marks": "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢ e\u0301 é",
    "beyond the first plane": "𝕿𝖍𝖊 𠜎𠜱 \U0010ffff",
    "not characters": "\ufffe\uffff\ufffd",
    "SQL": "Robert'); DROP TABLE contacts;--",
    "HTML": '<script>alert("x")</script><img src=x onerror=alert(1)>&amp;&#0;',
    "formula": "=1+1",
    "formula with plus": "+1+1",
    "formula with minus": "-1+1",
    "formula with at": "@SUM(1)",
    "formula behind a tab": "\t=1+1",
    "formula of a program": "=cmd|' /C calc'!A0",
    "template": "{{7*7}} ${7*7} %(x)s {x} <%= 7 %>",
    "path": "..\\..\\windows\\..\\ ../../etc/passwd",
    "backslashes": '\\ \\\\ \\" \\n \\N \\',
    "quotation marks": '"" """ \' `` "',
    "delimiters": ",;\t|,,;;\t\t||",
    "words for nothing": "NULL",
    "not a number": "NaN",
    "a truth": "TRUE",
    "a date for a spreadsheet": "1-2",
    "a number with zeros": "00012.300",
    "blanks around": "  \u00a0 x \u3000 ",
    "line breaks": "\n\r\n\r\n\n",
    "a line like a record": "x\n9,person.9@example.com,Person,9,,,\ny",
}
"""Texts that break careless programs; every one is somebody's honest value."""
