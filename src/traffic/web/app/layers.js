// How the map draws: its sources and layers. A segment's class is feature state `k`, so that a
// poll touches only the segments whose class changed and never the geometry. A pattern can't
// follow feature state: the few segments that have one lie in a source of their own.

import {GROUND, NO_DATA, NO_DATA_WIDTH, PALETTE, TIES, WIDTHS} from "./scales.js"

export const SENSORS_FROM_ZOOM = 14
export const ASIDE_M = 10 // both directions of a road often share a line: keep right of it

const PICKED_WIDTH = 12
const TIE_WIDTH = 0.6 // of the line's, for one unit of a pattern

const INK = {
  dark: {text: "#aebaca", halo: GROUND.dark, picked: "#ffffff"},
  light: {text: "#3d4855", halo: GROUND.light, picked: "#10161d"},
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
  ties: {type: "geojson", data: EMPTY},
  picked: {type: "geojson", data: EMPTY},
  districts: {type: "geojson", data: EMPTY},
})

/** All layers, the lowest first. */
export function layers(theme, latitude) {
  const offset = lineOffset(latitude)
  return [
    alerts(theme),
    line("picked", "picked", offset, {
      "line-color": INK[theme].picked, "line-width": zoomed(f => PICKED_WIDTH * f), "line-opacity": 0.6,
    }, {"line-cap": "square"}),
    line("roads", "roads", offset, {
      "line-color": colour(theme), "line-width": zoomed(f => byClass(scaled(WIDTHS, f), NO_DATA_WIDTH * f)),
    }),
    ...Object.entries(TIES).map(([k, dash]) => ties(Number(k), dash, theme, offset)),
    circle("points", "roads", {
      "circle-color": colour(theme),
      "circle-radius": byClass(WIDTHS.map(one => one + 2), NO_DATA_WIDTH + 2),
    }, {filter: ["==", ["geometry-type"], "Point"]}),
    sensors(theme),
    label("districts", "districts", theme, {
      "text-size": 13, "text-letter-spacing": 0.06, "text-padding": 12,
    }, {maxzoom: 13}),
    label("names", "roads", theme, {
      "symbol-placement": "line", "text-size": 12, "text-offset": [0, 1.4],
    }, {minzoom: SENSORS_FROM_ZOOM}),
  ]
}

const line = (id, source, offset, paint, layout = {}) => ({
  id, type: "line", source,
  filter: ["==", ["geometry-type"], "LineString"],
  layout: {"line-cap": "butt", "line-join": "round", ...layout},
  paint: {...paint, "line-offset": offset},
})

const circle = (id, source, paint, more = {}) => ({id, type: "circle", source, paint, ...more})

const ties = (k, dash, theme, offset) => ({
  ...line(`ties-${k}`, "ties", offset, {
    "line-color": GROUND[theme],
    "line-width": zoomed(f => WIDTHS[k] * f),
    "line-dasharray": dash.map(one => one * TIE_WIDTH),
  }),
  filter: ["==", ["get", "k"], k],
})

function sensors(theme) {
  return circle("sensors", "sensors", {
    "circle-radius": ["interpolate", ["linear"], ["zoom"], 14, 2.6, 17, 7],
    "circle-color": ["case", ["get", "on"], byProperty(theme), GROUND[theme]],
    "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 14, 1, 17, 2],
    "circle-stroke-color": ["case", ["get", "on"], INK[theme].picked, NO_DATA[theme]],
  }, {minzoom: SENSORS_FROM_ZOOM})
}

function alerts(theme) {
  const severe = ["==", ["get", "level"], "severe"]
  const worst = PALETTE[theme]
  const ring = (much, little) => ["case", severe, much, little]
  return circle("alerts", "alerts", {
    "circle-radius": ["interpolate", ["linear"], ["zoom"], 8, ring(6, 4), 11, ring(12, 9), 14, ring(26, 20)],
    "circle-color": ring(worst[5], worst[4]),
    "circle-opacity": ["case", ["get", "acknowledged"], 0.08, severe, 0.35, 0.22],
    "circle-stroke-color": ring(worst[5], worst[4]),
    "circle-stroke-width": ["case", ["get", "acknowledged"], 0, 1.5],
    "circle-stroke-opacity": 0.8,
  })
}

const label = (id, source, theme, layout, more) => ({
  id, type: "symbol", source, ...more,
  layout: {"text-field": ["get", "name"], "text-font": ["Noto Sans Regular"], ...layout},
  paint: {
    "text-color": INK[theme].text, "text-halo-color": INK[theme].halo, "text-halo-width": 1.6,
  },
})

const colour = theme => byClass(PALETTE[theme], NO_DATA[theme])

const byClass = (values, none) => match(["coalesce", ["feature-state", "k"], -1], values, none)
const byProperty = theme => match(["get", "k"], PALETTE[theme], NO_DATA[theme])
const match = (input, values, none) =>
  ["match", input, ...values.flatMap((value, k) => [k, value]), none]

const scaled = (widths, factor) => widths.map(one => one * factor)

/** `at(factor)` of a width at each zoom: lines grow as one comes near. */
function zoomed(at) {
  const stops = [[8, 0.6], [10, 0.95], [12, 1.3], [14, 1.6], [17, 2.6]]
  return ["interpolate", ["linear"], ["zoom"], ...stops.flatMap(([zoom, f]) => [zoom, at(f)])]
}

/** Pixels for ASIDE_M metres from zoom 14 on, where sensors show; nearly as many before. */
function lineOffset(latitude) {
  const perMetre = zoom => 2 ** zoom * 512 / (40_075_017 * Math.cos(latitude * Math.PI / 180))
  const at = zoom => perMetre(zoom) * ASIDE_M
  return ["interpolate", ["exponential", 2], ["zoom"], 8, 1, 11, 2.4, 14, at(14), 22, at(22)]
}
