// How the map draws: its sources and layers. A segment's class is feature state `k`, so that a
// poll touches only the segments whose class changed and never the geometry. A pattern can't
// follow feature state: the few segments that have one lie in a source of their own.

import {GROUND, NO_DATA, NO_DATA_WIDTH, OUTLINE, PALETTE, RINGS, themeOf, TIES, WIDTHS} from "./scales.js"

export const SENSORS_FROM_ZOOM = 14
export const ASIDE_M = 10 // both directions of a road often share a line: keep right of it

const PICKED_WIDTH = 12
const TIE_WIDTH = 0.6 // of the line's, for one unit of a pattern

const WALL_TEXT = 2.5 // read from 3 m
const WALL_LINES = 1.5

export const INK = {
  dark: {text: "#aebaca", halo: GROUND.dark, picked: "#ffffff", plate: "#263344", edge: "#8b9bb0", number: "#f1f5f9"},
  light: {text: "#3d4855", halo: GROUND.light, picked: "#10161d", plate: "#ffffff", edge: "#566273", number: "#17202b"},
}
// The plain base map lies between ground and roads, and never comes near either's colours.
export const BASE = {
  dark: {water: "#16283a", coast: "#33516b", road: "#222b36"},
  light: {water: "#cfe0ee", coast: "#9db9d0", road: "#dde2e8"},
}

export const EMPTY = {type: "FeatureCollection", features: []}

/** A style without any base map: plain ground. */
export const plainStyle = theme => ({
  version: 8,
  sources: {},
  layers: [{id: "ground", type: "background", paint: {"background-color": GROUND[theme]}}],
})

/** Sources by id. */
export const sources = () => ({
  roads: {type: "geojson", data: EMPTY, tolerance: 0.3},
  sensors: {type: "geojson", data: EMPTY},
  alerts: {type: "geojson", data: EMPTY},
  extents: {type: "geojson", data: EMPTY, tolerance: 0.3},
  heads: {type: "geojson", data: EMPTY},
  ties: {type: "geojson", data: EMPTY},
  picked: {type: "geojson", data: EMPTY},
  districts: {type: "geojson", data: EMPTY},
  signs: {type: "geojson", data: EMPTY},
})

/** All layers in the colours of a look, the lowest first; on a `wall` their text is large. */
export function layers(look, latitude, wall = false) {
  const theme = themeOf(look)
  const lines = wall ? WALL_LINES : 1
  const offset = lineOffset(latitude, lines)
  const zoomed = at => widthByZoom(f => at(f * lines))
  const large = px => wall ? px * WALL_TEXT : px
  return [
    ...extents(look, offset, zoomed),
    alerts(look, lines),
    line("picked", "picked", offset, {
      "line-color": INK[theme].picked, "line-width": zoomed(f => PICKED_WIDTH * f), "line-opacity": 0.6,
    }, {"line-cap": "square"}),
    line("roads", "roads", offset, {
      "line-color": colour(look), "line-width": zoomed(f => byClass(scaled(WIDTHS, f), NO_DATA_WIDTH * f)),
    }),
    ...Object.entries(TIES).map(([k, dash]) => ties(Number(k), dash, theme, offset, zoomed)),
    circle("points", "roads", {
      "circle-color": colour(look),
      "circle-radius": byClass(WIDTHS.map(one => one + 2), NO_DATA_WIDTH + 2),
    }, {filter: ["==", ["geometry-type"], "Point"]}),
    sensors(look),
    arrows(theme, latitude, lines),
    label("districts", "districts", theme, {
      "text-size": large(13), "text-letter-spacing": 0.06, "text-padding": 12,
      "text-variable-anchor": ["center", "bottom", "top"], "text-radial-offset": 1,
    }, {maxzoom: 13}),
    label("names", "roads", theme, {
      "symbol-placement": "line", "text-size": large(12), "text-offset": [0, 1.4],
    }, {minzoom: SENSORS_FROM_ZOOM}),
    roadNames(theme, large),
    shields(theme, large),
    ...heads(look, large, lines),
  ]
}

const line = (id, source, offset, paint, layout = {}) => ({
  id, type: "line", source,
  filter: ["==", ["geometry-type"], "LineString"],
  layout: {"line-cap": "butt", "line-join": "round", ...layout},
  paint: {...paint, "line-offset": offset},
})

const circle = (id, source, paint, more = {}) => ({id, type: "circle", source, paint, ...more})

const ties = (k, dash, theme, offset, zoomed) => ({
  ...line(`ties-${k}`, "ties", offset, {
    "line-color": GROUND[theme],
    "line-width": zoomed(f => WIDTHS[k] * f),
    "line-dasharray": dash.map(one => one * TIE_WIDTH),
  }),
  filter: ["==", ["get", "k"], k],
})

/** Layers of the plain base map, source `base`: water as areas or lines, the coast, main roads. */
export function baseLayers(theme) {
  const of = kind => ["==", ["get", "kind"], kind]
  const lines = (kind, width) => ({
    id: `base-${kind}`, type: "line", source: "base", filter: of(kind),
    paint: {"line-color": BASE[theme][kind], "line-width": width},
  })
  return [
    {id: "base-area", type: "fill", source: "base", filter: ["all", of("water"), ["==", ["geometry-type"], "Polygon"]],
      paint: {"fill-color": BASE[theme].water}},
    lines("water", 1.5), lines("coast", 1.2),
    lines("road", ["interpolate", ["linear"], ["zoom"], 8, 0.8, 12, 2, 15, 5]),
  ]
}

const sign = (kind, theme, layout, more = {}) => ({
  id: `sign-${kind}`, type: "symbol", source: "signs", ...more,
  filter: ["all", ["==", ["get", "kind"], kind], [">=", ["zoom"], ["get", "z"]]],
  layout: {"text-font": ["Noto Sans Regular"], "symbol-sort-key": ["get", "z"], ...layout},
  paint: {"text-color": INK[theme].text, "text-halo-color": INK[theme].halo, "text-halo-width": 1.6, ...more.paint},
})

const shields = (theme, large) => sign("shield", theme, {
  "text-field": ["get", "text"], "text-size": large(11), "icon-image": `plate-${theme}`,
  "icon-text-fit": "both", "icon-text-fit-padding": [1, 3, 1, 3], "icon-padding": 4, "text-padding": 4,
}, {paint: {"text-color": INK[theme].number, "text-halo-width": 0}})

const roadNames = (theme, large) => sign("name", theme, {
  "text-field": ["get", "text"], "text-size": large(12), "text-rotate": ["get", "turn"],
  "text-rotation-alignment": "map", "text-offset": [0, 1.1], "text-padding": 12,
}, {maxzoom: SENSORS_FROM_ZOOM})

// Beside the road, on the side on which its traffic is drawn.
const arrows = (theme, latitude, lines) => sign("arrow", theme, {
  "icon-image": `arrow-${theme}`, "icon-rotate": ["get", "turn"], "icon-rotation-alignment": "map",
  "icon-size": lines, "icon-offset": beside(latitude), "icon-padding": 2,
})

function sensors(look) {
  const theme = themeOf(look)
  return circle("sensors", "sensors", {
    "circle-radius": ["interpolate", ["linear"], ["zoom"], 14, 2.6, 17, 7],
    "circle-color": ["case", ["get", "on"], byProperty(look), GROUND[theme]],
    "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 14, 1, 17, 2],
    "circle-stroke-color": ["case", ["get", "on"], INK[theme].picked, NO_DATA[theme]],
  }, {minzoom: SENSORS_FROM_ZOOM})
}

function alerts(look, lines) {
  const of = field => ["case", ["==", ["get", "level"], "severe"], field(RINGS.severe), field(RINGS.high)]
  const seen = field => ["case", ["get", "acknowledged"], RINGS.acknowledged[field], of(one => one[field])]
  const radius = factor => of(one => one.radius * factor * lines)
  const colour = of(({k}) => PALETTE[look][k])
  return circle("alerts", "alerts", {
    "circle-radius": ["interpolate", ["linear"], ["zoom"], 8, radius(0.5), 11, radius(1), 14, radius(2.1)],
    "circle-color": colour,
    "circle-opacity": seen("fill"),
    "circle-stroke-color": colour,
    "circle-stroke-width": seen("stroke"),
  })
}

// One outline along all segments of an incident: a wide line, and on it one that leaves its edges.
function extents(look, offset, zoomed) {
  const theme = themeOf(look)
  const wide = (id, colour, width) => ({
    ...line(id, "extents", offset, {"line-color": colour, "line-width": zoomed(width)}, {"line-cap": "round"}),
    filter: true,
  })
  const edge = ["case", ["get", "chosen"], OUTLINE.chosen, OUTLINE.edge]
  return [
    wide("extents", ["case", ["get", "chosen"], INK[theme].picked, ofLevel(look)], f => ["+", OUTLINE.inside * f, ["*", 2, edge]]),
    wide("extents-inside", GROUND[theme], f => OUTLINE.inside * f),
  ]
}

function heads(look, large, lines) {
  const theme = themeOf(look)
  return [
    circle("heads", "heads", {
      "circle-radius": ["interpolate", ["linear"], ["zoom"], 8, 4 * lines, 12, 7 * lines],
      "circle-color": ["case", ["get", "acknowledged"], GROUND[theme], ofLevel(look)],
      "circle-stroke-color": ["case", ["get", "acknowledged"], ofLevel(look), INK[theme].picked],
      "circle-stroke-width": 2 * lines,
    }),
    {
      id: "head-labels", type: "symbol", source: "heads",
      layout: {
        "text-field": ["get", "label"], "text-font": ["Noto Sans Regular"], "text-size": large(12),
        "text-variable-anchor": ["left", "right", "bottom", "top"], "text-radial-offset": 0.9, "text-justify": "auto",
        "text-padding": 4, "symbol-sort-key": ["get", "order"],
      },
      paint: {"text-color": INK[theme].number, "text-halo-color": INK[theme].halo, "text-halo-width": 2},
    },
  ]
}

const ofLevel = look =>
  ["case", ["==", ["get", "level"], "severe"], PALETTE[look][RINGS.severe.k], PALETTE[look][RINGS.high.k]]

const label = (id, source, theme, layout, more) => ({
  id, type: "symbol", source, ...more,
  layout: {"text-field": ["get", "name"], "text-font": ["Noto Sans Regular"], ...layout},
  paint: {
    "text-color": INK[theme].text, "text-halo-color": INK[theme].halo, "text-halo-width": 1.6,
  },
})

const colour = look => byClass(PALETTE[look], NO_DATA[themeOf(look)])

const byClass = (values, none) => match(["coalesce", ["feature-state", "k"], -1], values, none)
const byProperty = look => match(["get", "k"], PALETTE[look], NO_DATA[themeOf(look)])
const match = (input, values, none) =>
  ["match", input, ...values.flatMap((value, k) => [k, value]), none]

const scaled = (widths, factor) => widths.map(one => one * factor)

/** `at(factor)` of a width at each zoom: lines grow as one comes near. */
function widthByZoom(at) {
  const stops = [[8, 0.6], [10, 0.95], [12, 1.3], [14, 1.6], [17, 2.6]]
  return ["interpolate", ["linear"], ["zoom"], ...stops.flatMap(([zoom, f]) => [zoom, at(f)])]
}

const asidePx = (zoom, latitude) =>
  2 ** zoom * 512 / (40_075_017 * Math.cos(latitude * Math.PI / 180)) * ASIDE_M

// Room for the widest line, and half an arrow.
function beside(latitude) {
  const at = px => ["literal", [px, 0]]
  return ["interpolate", ["exponential", 2], ["zoom"], 9, at(11), 14, at(asidePx(14, latitude) + 13), 19, at(asidePx(19, latitude) + 20)]
}

/** Pixels for ASIDE_M metres from zoom 14 on, where sensors show; nearly as many before. */
function lineOffset(latitude, factor) {
  const at = zoom => asidePx(zoom, latitude)
  return ["interpolate", ["exponential", 2], ["zoom"], 8, factor, 11, 2.4 * factor, 14, at(14), 22, at(22)]
}
