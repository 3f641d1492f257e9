"""A line chart as SVG: a few series of points, each with its label. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 46, 52
COLOURS = ("#444", "#0b62a4", "#b8500d", "#3d7a3a")
STYLE = "font-family:system-ui,sans-serif;font-size:13px;fill:#222"


@dataclass(frozen=True)
class Axis:
    """An axis from *least* to *most*, with its ticks and a *guide* across it."""

    label: str
    ticks: Sequence[float]
    guide: float
    guide_label: str

    def share(self, value: float) -> float:
        """Where a value lies, from 0 to 1."""
        least, most = self.ticks[0], self.ticks[-1]
        return (value - least) / (most - least)


Point = tuple[float, float, str]  # x, y, label


def chart(title: str, x: Axis, y: Axis, series: Mapping[str, Sequence[Point]]) -> str:
    """The drawing; the axes reach to every point."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'role="img" style="{STYLE}">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        _text(LEFT, 22, title, "font-weight:600"),
        *_grid(x, y),
    ]
    for number, (name, points) in enumerate(series.items()):
        colour = COLOURS[number]
        placed = [(_x(x, px), _y(y, py), label) for px, py, label in points]
        line = " ".join(f"{px:.0f},{py:.0f}" for px, py, _ in placed)
        drawn = f'fill="none" stroke="{colour}" stroke-width="2"'
        parts.append(f'<polyline points="{line}" {drawn}/>')
        for px, py, label in placed:
            parts.append(f'<circle cx="{px:.0f}" cy="{py:.0f}" r="4" fill="{colour}"/>')
            parts.append(_text(px + 6, py - 6, label, f"fill:{colour}"))
        at = TOP + 18 + 18 * number
        parts.append(_text(WIDTH - RIGHT - 8, at, name, f"fill:{colour}", "end"))
    return "\n".join([*parts, "</svg>\n"])


def _grid(x: Axis, y: Axis) -> list[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = [_text((LEFT + right) / 2, HEIGHT - 12, x.label, "", "middle")]
    parts.append(_text(LEFT, TOP - 8, y.label))
    for tick in x.ticks:
        at = _x(x, tick)
        parts.append(_line(at, TOP, at, bottom, "#e4e4e4"))
        parts.append(_text(at, bottom + 18, f"{tick:,g}", "", "middle"))
    for tick in y.ticks:
        at = _y(y, tick)
        parts.append(_line(LEFT, at, right, at, "#e4e4e4"))
        parts.append(_text(LEFT - 8, at + 4, f"{tick:,.0f}", "", "end"))
    across, along = _x(x, x.guide), _y(y, y.guide)
    parts.append(_line(across, TOP, across, bottom, "#a00", "6 4"))
    parts.append(_text(across + 6, bottom - 8, x.guide_label, "fill:#a00"))
    parts.append(_line(LEFT, along, right, along, "#555", "6 4"))
    parts.append(_text(LEFT + 6, along + 16, y.guide_label, "fill:#555"))
    return parts


def _x(axis: Axis, value: float) -> float:
    return LEFT + axis.share(value) * (WIDTH - LEFT - RIGHT)


def _y(axis: Axis, value: float) -> float:
    return HEIGHT - BOTTOM - axis.share(value) * (HEIGHT - TOP - BOTTOM)


def _line(
    x1: float, y1: float, x2: float, y2: float, colour: str, dashes: str = ""
) -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    ends = f'x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}"'
    return f'<line {ends} stroke="{colour}"{dashed}/>'


def _text(x: float, y: float, text: str, style: str = "", anchor: str = "start") -> str:
    styled = f' style="{style}"' if style else ""
    at = f'x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"'
    return f"<text {at}{styled}>{escape(text)}</text>"
