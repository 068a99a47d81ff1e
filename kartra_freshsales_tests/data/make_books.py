"""Excel workbooks made from their parts, as Excel saves them but without compression."""

import io
import zipfile
from collections.abc import Mapping

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}"><numFmts>'
    '<numFmt numFmtId="164" formatCode="00000"/>'
    '<numFmt numFmtId="165" formatCode="[$-409]m/d/yy h:mm AM/PM"/>'
    '<numFmt numFmtId="166" formatCode="&quot;day&quot; 0"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="165"/>'
    '<xf numFmtId="164"/><xf numFmtId="4"/><xf numFmtId="166"/><xf numFmtId="20"/>'
    "</cellXfs></styleSheet>"
)
PLAIN, DATE, MOMENT, ZIP, MONEY, LITERAL, CLOCK = range(7)
"""Styles by their index."""


def text(place: str, value: str) -> str:
    """A cell with its text inside."""
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{value}</t></is></c>'


def shared(place: str, at: int) -> str:
    """A cell with a shared text."""
    return f'<c r="{place}" t="s"><v>{at}</v></c>'


def number(place: str, value: str, style: int = PLAIN) -> str:
    """A cell with a number."""
    return f'<c r="{place}" s="{style}"><v>{value}</v></c>'


def row(at: int, *cells: str) -> str:
    """A row of cells."""
    return f'<row r="{at}">{"".join(cells)}</row>'


def header(at: int, *names: str) -> str:
    """A row of texts from column A on."""
    return row(at, *(text(f"{chr(65 + i)}{at}", name) for i, name in enumerate(names)))


def book(sheets: Mapping[str, str], strings: str = "", before: str = "") -> bytes:
    """A workbook; ``sheets`` are rows by title, ``before`` stands before the first tag."""
    listed = "".join(
        f'<sheet name="{name}" sheetId="{at}" r:id="rId{at}"/>'
        for at, name in enumerate(sheets, start=1)
    )
    related = "".join(
        f'<Relationship Id="rId{at}" Type="{_REL}/worksheet" '
        f'Target="worksheets/sheet{at}.xml"/>'
        for at in range(1, len(sheets) + 1)
    )
    parts = {
        "[Content_Types].xml": f"{_XML}<Types/>",
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_REL}">'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f"{_XML}<Relationships>{related}</Relationships>",
        "xl/styles.xml": _STYLES,
        "xl/sharedStrings.xml": f'{_XML}<sst xmlns="{_MAIN}">{strings}</sst>',
    }
    for at, rows in enumerate(sheets.values(), start=1):
        parts[f"xl/worksheets/sheet{at}.xml"] = (
            f'{_XML}{before}<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData>'
            "</worksheet>"
        )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in parts.items():
            info = zipfile.ZipInfo(name)
            info.create_system = 3
            archive.writestr(info, content)
    return packed.getvalue()


_CONTACTS = (
    header(2, "Contacts of Company A")
    + header(4, "id", "email", "first_name", "zip", "date_joined", "score", "notes")
    + row(
        5, number("A5", "123456789012"), shared("B5", 0), shared("C5", 1),
        number("D5", "2134", ZIP), number("E5", "46084.5", MOMENT), number("F5", "0.1"),
        text("G5", "one_x000D_&#10;two"),
    )
    + row(
        7, number("A7", "2"), shared("B7", 2), text("C7", "Person"), number("D7", "2135"),
        number("E7", "46084", DATE), number("F7", "12.5", MONEY),
        '<c r="G7" t="e"><v>#N/A</v></c>',
    )
)  # fmt: skip
_STRINGS = (
    "<si><t>person.1@example.com</t></si>"
    "<si><r><t>Per</t></r><r><t>son</t></r><rPh sb='0' eb='1'><t>x</t></rPh></si>"
    "<si><t>person.2@example.com</t></si>"
)
_SALES = header(
    1, "ID", "Transaction_Type", "Date", "Product", "Buyer_Email", "lead_id", "Amount (USD)"
) + row(
    2, number("A2", "1234567890123456789"), text("B2", "Sale"), number("C2", "61", DATE),
    text("D2", "Course"), text("E2", "person.1@example.com"), number("F2", "1"),
    number("G2", "12.5", MONEY),
)  # fmt: skip
_NOTES = header(1, "Nothing but a note")
_ENTITY = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>'

BOOKS: Mapping[str, bytes] = {
    "two_sheets.xlsx": book(
        {"Contacts": _CONTACTS, "Sales": _SALES, "About": _NOTES, "Empty": ""}, _STRINGS
    ),
    "one_column.xlsx": book(
        {"Sheet1": header(1, "email;first_name") + header(2, "person.1@example.com;Person")}
    ),
    "no_export.xlsx": book({"About": _NOTES, "More": _NOTES}),
    "entities.xlsx": book({"Contacts": header(1, "email", "tags")}, before=_ENTITY),
}
