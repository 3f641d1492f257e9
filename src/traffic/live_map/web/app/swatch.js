// A short piece of road as the map draws it, for legend and lists.

import {svg} from "./dom.js"
import {GROUND, NO_DATA, NO_DATA_WIDTH, OUTLINE, PALETTE, RINGS, themeOf, TIES, WIDTHS} from "./scales.js"

const HEIGHT = 12

/** SVG of class `k` (null: no data), `length` px long, in the colours of a look. */
export function swatch(k, look, length = 40) {
  const thick = k == null ? NO_DATA_WIDTH + 1 : WIDTHS[k] * 1.3
  const colour = k == null ? NO_DATA[themeOf(look)] : PALETTE[look][k]
  return svg("svg", {
    class: "swatch", width: length, height: HEIGHT, viewBox: `0 0 ${length} ${HEIGHT}`,
    "aria-hidden": "true", "data-class": k ?? "none",
  }, svg("line", {
    x1: 0, x2: length, y1: HEIGHT / 2, y2: HEIGHT / 2,
    stroke: colour, "stroke-width": thick, "stroke-dasharray": dashes(k, thick),
  }))
}

/** SVG of an alert's ring: `level` is high or severe. */
export function ring(level, acknowledged, look) {
  const {radius, k} = RINGS[level]
  const {fill, stroke} = acknowledged ? RINGS.acknowledged : RINGS[level]
  const half = RINGS.severe.radius + RINGS.severe.stroke
  const colour = PALETTE[look][k]
  return svg("svg", {
    class: "ring", width: 2 * half, height: 2 * half, viewBox: `${-half} ${-half} ${2 * half} ${2 * half}`,
    "aria-hidden": "true",
  }, svg("circle", {
    r: radius, fill: colour, "fill-opacity": fill, stroke: colour, "stroke-width": stroke,
  }))
}

/** SVG of an incident: its outline, and the dot at its head. */
export function outline(look) {
  const [colour, high] = [PALETTE[look][RINGS.severe.k], OUTLINE.inside / 2]
  return svg("svg", {class: "outline", width: 44, height: 20, viewBox: "-3 -10 44 20", "aria-hidden": "true"},
    svg("rect", {x: -1, y: -high, width: 34, height: 2 * high, rx: high, fill: GROUND[themeOf(look)], stroke: colour, "stroke-width": OUTLINE.edge}),
    svg("circle", {cx: 32, r: 6, fill: colour}))
}

function dashes(k, thick) {
  const ties = TIES[k]
  return ties ? `${ties[1] * thick * 0.6} ${ties[0] * thick * 0.6}` : "none"
}
