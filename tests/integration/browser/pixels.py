"""What the map has drawn, read from its canvas."""

from __future__ import annotations

from collections import Counter

from playwright.sync_api import Page

# The columns of pixels (from west to east) within REACH of a segment's middle, as
# drawn. The canvas is empty between frames: it is read as one is drawn.
READ = """([id, reach]) => new Promise(done => {
  const {map} = cityTraffic.map
  const line = cityTraffic.city.segments.get(id).line
  const at = map.project(line[line.length >> 1])
  map.once("render", () => {
    const canvas = map.getCanvas()
    const gl = canvas.getContext("webgl2")
    const scale = canvas.width / canvas.clientWidth
    const size = Math.round(2 * reach * scale) + 1
    const x = Math.round((at.x - reach) * scale)
    const y = Math.round(canvas.height - (at.y + reach) * scale)
    const data = new Uint8Array(4 * size * size)
    gl.readPixels(x, y, size, size, gl.RGBA, gl.UNSIGNED_BYTE, data)
    const columns = Array.from({length: size}, () => [])
    for (let i = 0; i < size * size; i++) {
      const hex = [...data.slice(4 * i, 4 * i + 3)]
        .map(value => value.toString(16).padStart(2, "0"))
      columns[i % size].push("#" + hex.join(""))
    }
    done(columns)
  })
  map.triggerRepaint()
})"""
REACH_PX = 14


def columns_at(page: Page, segment_id: str) -> list[list[str]]:
    """Colours around the middle of a segment, column by column."""
    found: list[list[str]] = page.evaluate(READ, [segment_id, REACH_PX])
    return found


def colours_at(page: Page, segment_id: str) -> list[str]:
    """Colours around the middle of a segment, the commonest first."""
    pixels = [colour for column in columns_at(page, segment_id) for colour in column]
    return [colour for colour, _ in Counter(pixels).most_common()]


def gaps_at(page: Page, segment_id: str) -> int:
    """Columns around the middle of a segment that its colour does not cross."""
    colour = legend(page)[class_at(page, segment_id)]
    return sum(colour not in column for column in columns_at(page, segment_id))


def legend(page: Page) -> dict[str, str]:
    """Colour of each class, "0" to "5" and "none", as the legend shows it."""
    found: dict[str, str] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("#legend .swatch")]
             .map(one => [one.dataset.class, one.firstChild.getAttribute("stroke")]))"""
    )
    return found


def class_at(page: Page, segment_id: str) -> str:
    """The legend's class whose colour the map shows there, "" if none."""
    meaning = {colour: name for name, colour in legend(page).items()}
    found = [meaning[one] for one in colours_at(page, segment_id) if one in meaning]
    return found[0] if found else ""
