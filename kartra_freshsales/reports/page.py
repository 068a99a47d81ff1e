"""The shape of a report, rendered once as HTML and once as Markdown.

Not here: any figure or sentence of a particular report.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import polars as pl
from markupsafe import Markup

from kartra_freshsales.reports.tables import Table, markdown_cell

if TYPE_CHECKING:
    from jinja2 import Environment


@dataclass(frozen=True)
class Verdict:
    """The first thing a reader sees; ``tone`` is good, bad, warn or calm."""

    tone: str
    word: str
    sentence: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fact:
    """One large figure with its name."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Section:
    """A heading, a few plain sentences, then points, a chart and tables."""

    anchor: str
    title: str
    text: str = ""
    points: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    chart: Markup | None = None


@dataclass(frozen=True)
class Page:
    """A whole report."""

    title: str
    subtitle: str
    verdict: Verdict
    facts: tuple[Fact, ...] = ()
    sections: tuple[Section, ...] = ()
    footer: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """A rendered report, and the frame it is about where it is about one."""

    html: str
    markdown: str
    table: pl.DataFrame = field(default_factory=pl.DataFrame)


@cache
def _environment(*, html: bool) -> "Environment":
    # Only a report that is written needs it: definitions load without.
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415

    environment = Environment(
        loader=PackageLoader("kartra_freshsales.reports", "templates"),
        autoescape=html,  # noqa: S701 - Markdown escapes by its own filter
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = markdown_cell
    return environment


def render(page: Page, table: pl.DataFrame | None = None) -> Report:
    """Render a page in both forms. Everything but charts is escaped."""
    html = _environment(html=True).get_template("page.html.j2").render(page=page)
    markdown = _environment(html=False).get_template("page.md.j2").render(page=page)
    return Report(html, markdown, pl.DataFrame() if table is None else table)
