"""Reads a report the way its readers do: what it loads, and what its tables say."""

import re
from html.parser import HTMLParser

EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
_RESOURCE = re.compile(r"url\((?!#)")
_ADDRESS = re.compile(r"(?:https?:)?//")


class Document(HTMLParser):
    """Attributes, tag balance and table cells of an HTML page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.header_cells_without_scope = 0
        self._caption = self._text = ""
        self._row: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        given = dict(attrs)
        self.links += [
            given[name] or "" for name in ("href", "src", "xlink:href") if name in given
        ]
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "th" and "scope" not in given:
            self.header_cells_without_scope += 1
        if tag in {"caption", "th", "td"}:
            self._text = ""
        if tag == "tr":
            self._row = []

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "caption":
            self._caption = self._text
            self.tables[self._caption] = []
        elif tag in {"th", "td"}:
            self._row.append(self._text)
        elif tag == "tr":
            self.tables[self._caption].append(self._row)

    def rows(self, caption: str) -> list[list[str]]:
        """The body of one table."""
        return self.tables[caption][1:]


def assert_self_contained(html: str) -> Document:
    """No script, no outside resource, one title, links only within the page."""
    document = Document(html)
    assert not _ADDRESS.search(html)
    assert not {"script", "link", "img", "iframe", "object"} & set(document.names)
    assert "@import" not in html
    assert not _RESOURCE.search(html)
    assert all(link.startswith("#") for link in document.links)
    assert {link[1:] for link in document.links} <= set(document.ids)
    assert len(document.ids) == len(set(document.ids))
    assert document.names.count("h1") == 1
    assert document.header_cells_without_scope == 0
    assert document.names.count("table") == document.names.count("caption")
    return document
