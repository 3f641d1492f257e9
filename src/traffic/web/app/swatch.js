// A short piece of road as the map draws it, for legend and lists.

import {svg} from "./dom.js"
import {NO_DATA, NO_DATA_WIDTH, PALETTE, TIES, WIDTHS} from "./scales.js"

const HEIGHT = 12

/** SVG of class `k` (null: no data), `length` px long. */
export function swatch(k, theme, length = 40) {
  const thick = k == null ? NO_DATA_WIDTH + 1 : WIDTHS[k] * 1.3
  const colour = k == null ? NO_DATA[theme] : PALETTE[theme][k]
  return svg("svg", {
    class: "swatch", width: length, height: HEIGHT, viewBox: `0 0 ${length} ${HEIGHT}`,
    "aria-hidden": "true", "data-class": k ?? "none",
  }, svg("line", {
    x1: 0, x2: length, y1: HEIGHT / 2, y2: HEIGHT / 2,
    stroke: colour, "stroke-width": thick, "stroke-dasharray": dashes(k, thick),
  }))
}

function dashes(k, thick) {
  const ties = TIES[k]
  return ties ? `${ties[1] * thick * 0.6} ${ties[0] * thick * 0.6}` : "none"
}
