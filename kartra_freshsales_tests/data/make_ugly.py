"""Writes the files in ``ugly/``, always with the same bytes.

    python -m kartra_freshsales_tests.data.make_ugly

Nothing is compressed, as compressors differ; archives are stored. What each file is for and
what must come of it stands in ``scenario``. Large files are made by the tests.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from kartra_freshsales_tests.data import traps
from kartra_freshsales_tests.data.make_books import BOOKS

FOLDER = Path(__file__).parent / "ugly"
HEADER = "id,email,first_name,last_name,phone,tags,notes"
SALES_HEADER = "ID,Transaction_Type,Date,Product,Buyer_Email,lead_id,Amount (USD)"


def person(number: int, notes: str = "", first: str = "Person") -> str:
    """A contact's line without its end."""
    return f"{number},person.{number}@example.com,{first},{number},,One; Two,{notes}"


def sale(number: str, lead: str = "1") -> str:
    """A transaction's line without its end."""
    buyer = "person.1@example.com"
    return f"{number},Sale,2026-01-02 03:04:05,Course,{buyer},{lead},12.50"


def lines(*each: str, end: str = "\n") -> str:
    """Lines, each with its end."""
    return "".join(line + end for line in each)


PLAIN = lines(HEADER, person(1), person(2))
ACCENTED = lines(HEADER, person(1, "café – “off”", "Zoë"), person(2, "", "Björn"))
SALES = lines(SALES_HEADER, sale("10"), sale("11"))


def gzipped(content: bytes) -> bytes:
    """Gzip with one stored block, as any program writes it."""
    block = b"\x01" + struct.pack("<HH", len(content), 0xFFFF ^ len(content)) + content
    end = struct.pack("<II", zlib.crc32(content), len(content))
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" + block + end


def zipped(members: Mapping[str, bytes]) -> bytes:
    """A ZIP archive of stored members."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.create_system = 3
            archive.writestr(info, content)
    return packed.getvalue()


def locked(archive: bytes) -> bytes:
    """The archive with its members marked as encrypted."""
    changed = bytearray(archive)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        changed[changed.index(mark) + at] |= 1
    return bytes(changed)


TEXTS: Mapping[str, str] = {
    # line ends
    "crlf.csv": PLAIN.replace("\n", "\r\n"),
    "cr_only.csv": PLAIN.replace("\n", "\r"),
    "mixed_line_ends.csv": f"{HEADER}\r\n{person(1)}\n{person(2)}\r{person(3)}\r\n",
    "doubled_cr.csv": PLAIN.replace("\n", "\r\r\n"),
    "odd_line_ends.csv": lines(HEADER, person(1, "a\x0bb\x0cc\x85d\u2028e"), person(2)),
    "no_line_end.csv": PLAIN.rstrip("\n"),
    "blank_lines_between.csv": lines(HEADER, "", person(1), "", "   ", person(2)),
    # delimiters
    "semicolon.csv": lines("email;first_name;amount", "person.1@example.com;Zoë;42,5"),
    "tab.csv": lines("email\tfirst_name\ttags", "person.1@example.com\tPerson\tA, B; C"),
    "pipe.csv": lines("email|first_name|tags", "person.1@example.com|Person|A, B; C"),
    "declared_delimiter.csv": lines(
        "sep=;", "email;first_name", "person.1@example.com;A, B", end="\r\n"
    ),
    "one_column_of_lines.csv": lines("email,tags", '"person.1@example.com,""A, B"""'),
    # quotation marks
    "doubled_marks.csv": lines(HEADER, person(1, '"say ""hi"", ok"'), person(2)),
    "backslash_marks.csv": lines(
        HEADER, person(1, r'"say \"hi\", then C:\\temp or D:\x"'), person(2)
    ),
    "backslash_at_the_end.csv": lines(HEADER, person(1, '"C:\\temp\\"'), person(2)),
    "stray_marks.csv": lines(
        HEADER,
        person(1, '6" pipe'),
        person(2, '7" pipe, or longer'),
        person(3, '"closed" too soon'),
        person(4),
    ),
    "open_mark.csv": lines(HEADER, person(1), person(2, '"never closed'), person(3)),
    "swallowed.csv": lines(HEADER, person(1, '"open'), person(2), person(3, 'shut"')),
    "single_marks.csv": lines(
        "'email','first_name','notes'", "'person.1@example.com','Person','a, b'"
    ),
    "blank_before_marks.csv": lines(
        "email, first_name, notes", 'person.1@example.com, "Person", "a, b"'
    ),
    "cell_of_lines.csv": lines(
        HEADER, person(1, '"one\ntwo ""2""\n\nfour"'), person(2, '"a\r\nb\rc"'), person(3)
    ),
    # around the data
    "preamble.csv": lines("All contacts", "Exported by Person 1", "", HEADER, person(1)),
    "footer.csv": lines(
        HEADER, person(1), "", "Total: 1,234 records", "Exported by Person 1, Company A"
    ),
    "padded_footer.csv": lines(HEADER, person(1), "Total: 1,,,,,,", "Page 1 of 1,,,,,,"),
    "cut_off.csv": lines(HEADER, person(1)) + "2,person.2@exam",
    "header_again.csv": lines(HEADER, person(1), HEADER, person(2)),
    "marks_and_header_again.csv": 2
    * ("\ufeff" + lines('"id","email","first_name"', '"1","person.1@example.com","P"')),
    "other_header.csv": lines(
        HEADER, person(1), "id,first_name,email,last_name,phone,tags,notes",
        "2,Person,person.2@example.com,2,,,", HEADER, person(3),
    ),
    "narrower_header.csv": lines(
        HEADER, person(1), "id,email,first_name", "2,person.2@example.com,Person"
    ),
    "header_only.csv": lines(HEADER),
    "empty.csv": "",
    "blank_lines_only.csv": "\n\r\n  \n",
    # headers and widths
    "headers_twice_and_none.csv": lines(
        "email,phone,phone,,company,Company,", "person.1@example.com,1,2,kept,A,B,"
    ),
    "untidy_headers.csv": lines(
        "\ufeff E-Mail Address: ,First-Name,LAST NAME*,\u200bScore ",
        "person.1@example.com,Person,1,3",
    ),
    "ragged.csv": lines(
        HEADER, person(1), "2,person.2@example.com,Person", person(3) + ",surplus",
        person(4) + ",,,", person(5),
    ),
    "nul.csv": lines(HEADER, person(1), person(2, "a\x00b"), person(3)),
    # saved by a spreadsheet
    "rounded_ids.csv": lines(
        SALES_HEADER, sale("10"), sale("1.23457E+11"), sale("12", "4.5E+12")
    ),
    "rounded_contacts.csv": lines(
        "id,email,first_name,phone", "1.23E+11,person.1@example.com,Person,4.47912E+11",
        "2,person.2@example.com,Person,+447912345678",
    ),
    "lost_zeros.csv": lines(
        "email,zip,country,phone_country_code,phone",
        "person.1@example.com,02134,US,44,07911123456",
        "person.2@example.com,2134,US,44,7911123457",
        "person.3@example.com,1010,Austria,1,2125550101",
    ),
    "dates_both_ways.csv": lines(
        "email,first_name,date_joined", "person.1@example.com,Person,13/04/2026",
        "person.2@example.com,Person,04/25/2026", "person.3@example.com,Person,3/4/2026",
    ),
    "dates_untold.csv": lines(
        "email,first_name,Birthday", "person.1@example.com,Person,3/4/2026",
        "person.2@example.com,Person,12-11-2026",
    ),
    "float_ids.csv": lines(SALES_HEADER, sale("10.0"), sale("11", "1.0")),
    "cut_numbers.csv": lines(
        "email,first_name,phone", "person.1@example.com,Person,123456789012345000",
        "person.2@example.com,Person,9876543210987650",
    ),
    "formula_errors.csv": lines(HEADER, person(1, "#NAME?"), person(2, "#######")),
    # no exports
    "web_page.csv": "<!DOCTYPE html>\n<html><body>Please sign in</body></html>\n",
    "json.csv": '[{"email": "person.1@example.com", "first_name": "Person"}]\n',
    "json_lines.csv": '{"email": "person.1@example.com"}\n{"email": ""}\n',
    "no_address.csv": "first_name,last_name,phone\nPerson,1,2125550101\n",
    "other_list.csv": "fruit,colour\napple,red\n",
    **traps.TEXTS,
}  # fmt: skip
"""Written as UTF-8."""

BINARY: Mapping[str, bytes] = {
    "utf8_mark.csv": ACCENTED.encode("utf-8-sig"),
    "utf16_mark.csv": b"\xff\xfe" + ACCENTED.encode("utf-16-le"),
    "utf16_be_mark.csv": b"\xfe\xff" + ACCENTED.encode("utf-16-be"),
    "utf16_no_mark.csv": ACCENTED.encode("utf-16-le"),
    "utf16_cut.csv": b"\xff\xfe" + ACCENTED.encode("utf-16-le")[:-1],
    "windows_1252.csv": ACCENTED.encode("cp1252"),
    "mac_roman.csv": ACCENTED.encode("mac_roman"),
    "two_encodings.csv": ACCENTED.encode() + lines(person(3, "", "Zoë")).encode("cp1252"),
    "undefined_byte.csv": lines(HEADER, person(1)).encode() + b"2,,\x81,,,,\n",
    "picture.csv": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(32),
    "packed.csv.gz": gzipped(PLAIN.encode()),
    "cut_packed.csv.gz": gzipped(PLAIN.encode())[:-20],
    "exports.zip": zipped(
        {
            "contacts_kartra_02-03-2026_69a59a35abcde.csv": PLAIN.encode(),
            "sales/": b"",
            "sales/2026/january.csv": SALES.encode(),
            "sales/2026/packed.csv.gz": gzipped(SALES.encode()),
            "sales/fruit.csv": b"fruit,colour\napple,red\n",
            "__MACOSX/._contacts.csv": b"\x00\x05\x16\x07",
            ".DS_Store": b"\x00\x00\x00\x01Bud1",
            "photo.jpg": b"\xff\xd8\xff",
        }
    ),
    "archive_in_archive.zip": zipped({"in.zip": zipped({"a.csv": PLAIN.encode()})}),
    "book_in_archive.zip": zipped({"report.xlsx": BOOKS["two_sheets.xlsx"]}),
    "locked.zip": locked(zipped({"contacts.csv": PLAIN.encode()})),
    "cut.zip": zipped({"contacts.csv": PLAIN.encode()})[:-30],
    "no_exports.zip": zipped({"photo.jpg": b"\xff\xd8\xff"}),
    "letter.zip": zipped({"[Content_Types].xml": b"", "word/document.xml": b""}),
    **BOOKS,
}

FILES: Mapping[str, bytes] = {
    **{name: text.encode() for name, text in TEXTS.items()},
    **BINARY,
}


def main() -> None:
    """Write all files."""
    FOLDER.mkdir(exist_ok=True)
    for name, content in FILES.items():
        (FOLDER / name).write_bytes(content)


if __name__ == "__main__":
    main()
