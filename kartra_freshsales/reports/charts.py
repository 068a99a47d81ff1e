"""Bar charts as inline SVG: no script, no outside resource, colours from the page.

Not here: which figures are charted; each chart stands beside the table it was drawn from.
"""

import hashlib
import re
from collections.abc import Sequence

import polars as pl
from markupsafe import Markup, escape

from kartra_freshsales.reports.tables import shown

_INK, _GRID = "#101010", "#dcdcde"
TONES = {
    "good": "#1a7f45",
    "calm": "#3d6fb4",
    "muted": "#8a8f98",
    "warn": "#b7791f",
    "bad": "#c0392b",
    "dark": "#5b3f8c",
}
"""Names of colours; the style sheet lightens them for dark pages by these values."""
_NAMESPACE = re.compile(r'\sxmlns(?::\w+)?="[^"]*"')
_ID = re.compile(r"\bclip\d+\b")
_SIZE = re.compile(r'<svg([^>]*?)\swidth="(\d+)"\sheight="(\d+)"')


def _chart(
    data: pl.DataFrame,
    *,
    label: str,
    value: str,
    series: str | None,
    colours: dict[str, str],
) -> str:
    """The chart's Vega-Lite specification, rendered."""
    # Imported where it is used: both libraries are heavy, and most commands draw nothing.
    import altair as alt  # noqa: PLC0415
    import vl_convert  # noqa: PLC0415

    order = [shown(each) for each in data.get_column(label).unique(maintain_order=True)]
    encoding = {
        "y": alt.Y("label:N", sort=order, title=None, axis=alt.Axis(labelLimit=220)),
        "x": alt.X("value:Q", title=None, axis=alt.Axis(tickCount=5, format="~s")),
        "color": alt.value(TONES["calm"]),
    }
    if series:
        scale = alt.Scale(domain=list(colours), range=list(colours.values()))
        legend = alt.Legend(orient="top", title=None, symbolType="square")
        encoding["color"] = alt.Color(
            "series:N", scale=scale, legend=legend, sort=list(colours)
        )
        encoding["order"] = alt.Order("rank:Q")
    rank = {name: at for at, name in enumerate(colours)}
    values = [
        {
            "label": shown(row[label]),
            "value": row[value],
            "series": row[series] if series else "",
            "rank": rank.get(str(row[series]), 0) if series else 0,
        }
        for row in data.iter_rows(named=True)
    ]
    chart = (
        alt.Chart({"values": values})
        .mark_bar(cornerRadiusEnd=2)
        .encode(**encoding)
        .properties(width=560, height={"step": 26}, background="transparent")
        .configure(font="system-ui, sans-serif")
        .configure_axis(
            labelColor=_INK, gridColor=_GRID, labelFontSize=12, ticks=False, domain=False
        )
        .configure_legend(labelColor=_INK, labelFontSize=12)
        .configure_view(strokeWidth=0)
    )
    return str(vl_convert.vegalite_to_svg(chart.to_dict()))


def _inline(svg: str, title: str) -> Markup:
    """An SVG for the middle of an HTML page, scaling with it and read out by its title."""
    bare = _SIZE.sub(
        r'<svg\1 style="max-width:\2px"', _NAMESPACE.sub("", svg, count=2), count=1
    )
    # The renderer numbers what it draws over the whole life of a process.
    numbers = {found: str(at) for at, found in enumerate(dict.fromkeys(_ID.findall(bare)))}
    mark = hashlib.sha256(_ID.sub("", bare).encode()).hexdigest()[:8]
    bare = _ID.sub(lambda found: f"clip-{mark}-{numbers[found[0]]}", bare)
    opening = f'<svg role="img" aria-label="{escape(title)}"'
    # The SVG was made by the renderer from data it escapes itself.
    return Markup(bare.replace("<svg", opening, 1))  # noqa: S704


def bars(
    data: pl.DataFrame,
    *,
    label: str,
    value: str,
    title: str,
    series: str | None = None,
    colours: Sequence[tuple[str, str]] = (),
) -> Markup | None:
    """Horizontal bars, stacked by ``series`` if given; None where there is nothing to draw.

    Args:
        data: one row per bar or segment, in the order to show.
        label: column with the name of each bar.
        value: column with its length.
        title: what the chart shows, for those who cannot see it.
        series: column with the segment's name.
        colours: segment → name in ``TONES``, in stacking order.
    """
    drawn = data.filter(pl.col(value) > 0)
    if drawn.is_empty():
        return None
    palette = {name: TONES[tone] for name, tone in colours}
    svg = _chart(drawn, label=label, value=value, series=series, colours=palette)
    return _inline(svg, title)
