"""Reading the sandbox's pages as a person meets them: elements, links and texts."""

from __future__ import annotations

from html.parser import HTMLParser

import httpx

from kartra_freshsales.sandbox.world import World
from kartra_freshsales_tests.sandbox.conftest import Stage

NO_END_TAG = {"meta", "link", "input", "br"}


class Seen(HTMLParser):
    """What a reader of a page meets: its elements, links and texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self.feed(html)
        self.close()
        assert self.open == [], "an element was never closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in NO_END_TAG:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((tuple(self.open), data))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def within(self, tag: str) -> str:
        return "".join(text for path, text in self.texts if tag in path)

    @property
    def links(self) -> list[str]:
        return [item["href"] or "" for item in self.all("a")]

    @property
    def text(self) -> str:
        words = (text for path, text in self.texts if "style" not in path)
        return " ".join(" ".join(words).split())


def page(client: httpx.Client, path: str, status: int = 200) -> Seen:
    answer = client.get(f"{root(client)}{path}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return Seen(answer.text)


def root(client: httpx.Client) -> str:
    return str(client.base_url.copy_with(path="")).rstrip("/")


def world_of(stage: tuple[Stage, str]) -> World:
    world: World = stage[0].app.state.world
    return world
