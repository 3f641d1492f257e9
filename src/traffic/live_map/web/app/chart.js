// A segment's last hours as three small charts over one axis of time, in inline SVG.

import {svg} from "./dom.js"
import {clock, number} from "./format.js"

const WIDTH = 400
const LEFT = 46
const RIGHT = 8
const TOP = 8
const HOUR_MS = 3_600_000
const TICKS_H = [0.25, 0.5, 1, 2, 3, 6, 12]

/** Rows of `/history` as points `{at, speed, flow, score}`, times in ms. */
export const historyPoints = ({columns, rows}) => rows.map(row => {
  const point = Object.fromEntries(columns.map((name, at) => [name, row[at]]))
  return {...point, at: Date.parse(point.minute)}
})

/** Linear map from a span of values to a span of pixels. */
export const linear = ([from, to], [low, high]) =>
  value => low + (value - from) / ((to - from) || 1) * (high - low)

/** A round number at or above `value`, for the top of an axis. */
export function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)))
  return [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10].map(one => one * power).find(one => one >= value)
}

/** Runs of points without a gap: a gap is three times the usual step, 5 minutes at least. */
export function runs(points, field) {
  const known = points.filter(point => point[field] != null)
  const steps = known.slice(1).map((point, i) => point.at - known[i].at).sort((a, b) => a - b)
  const gap = Math.max(300_000, 3 * (steps[Math.floor(steps.length / 2)] ?? 0))
  const found = []
  known.forEach((point, i) => {
    if (i === 0 || point.at - known[i - 1].at > gap) found.push([])
    found.at(-1).push(point)
  })
  return found
}

/**
 * One chart. `field` of `points` between `span` (ms); `top` ends the axis; `lines` are
 * `{value, label, name}` drawn across; `band` are stretches of `{at, low, usual}`, `ahead`
 * points that go on from it, drawn dotted; `now` (ms) ends the past; `height` px.
 */
export function chart({points, field, title, span, top, lines = [], band = [], ahead = [], now, height, times, describedBy}) {
  const bottom = height - (times ? 18 : 6)
  const x = linear(span, [LEFT, WIDTH - RIGHT])
  const y = linear([0, top], [bottom, TOP])
  return svg("svg", {viewBox: `0 0 ${WIDTH} ${height}`, class: `chart ${field}`, role: "img", "aria-label": title, ...describedBy && {"aria-describedby": describedBy}},
    [0, top / 2, top].map(value => grid(value, y(value))),
    hours(span).map(at => tick(at, x(at), bottom, times)),
    band.map(run => area(run, x, y)),
    now < span[1] ? svg("line", {class: "now", x1: x(now), x2: x(now), y1: TOP, y2: bottom}) : null,
    lines.map(one => across(one, y(one.value))),
    runs(points, field).map(run => drawn(run, field, x, y, bottom)),
    ahead.length ? svg("path", {class: "ahead", d: path(ahead, one => [x(one.at), y(one[field])])}) : null,
    svg("line", {class: "cross", x1: 0, x2: 0, y1: TOP, y2: bottom, visibility: "hidden"}))
}

/** Place the cross of a chart at `at` (ms), or hide it at null. */
export function cross(drawing, span, at) {
  const line = drawing.querySelector(".cross")
  line.setAttribute("visibility", at == null ? "hidden" : "visible")
  if (at == null) return
  const x = linear(span, [LEFT, WIDTH - RIGHT])(at)
  line.setAttribute("x1", x)
  line.setAttribute("x2", x)
}

/** The instant under a pointer, ms. */
export function instantAt(drawing, span, clientX) {
  const {left, width} = drawing.getBoundingClientRect()
  return linear([LEFT, WIDTH - RIGHT], span)((clientX - left) / width * WIDTH)
}

const path = (points, place) => `M${points.map(one => place(one).map(value => value.toFixed(1)).join()).join("L")}`

function area(run, x, y) {
  const [usual, low] = ["usual", "low"].map(name => one => [x(one.at), y(one[name])])
  const back = path(run.toReversed(), low).replace("M", "L")
  return svg("path", {class: "band", d: `${path(run, usual)}${back}Z`})
}

function drawn(run, field, x, y, bottom) {
  const line = path(run, point => [x(point.at), y(point[field])])
  if (run.length === 1) {
    return svg("circle", {class: "dot", cx: x(run[0].at), cy: y(run[0][field]), r: 2})
  }
  const ends = [x(run.at(-1).at), x(run[0].at)].map(value => value.toFixed(1))
  return svg("g", {},
    svg("path", {class: "area", d: `${line}L${ends[0]},${bottom}L${ends[1]},${bottom}Z`}),
    svg("path", {class: "curve", d: line}))
}

const grid = (value, at) => svg("g", {class: "grid"},
  svg("line", {x1: LEFT, x2: WIDTH - RIGHT, y1: at, y2: at}),
  text(LEFT - 5, at + 4, number(value), "end"))

const across = ({value, label, name}, at) => svg("g", {class: `across ${name}`, "data-value": value},
  svg("line", {x1: LEFT, x2: WIDTH - RIGHT, y1: at, y2: at}),
  text(WIDTH - RIGHT - 2, at - 3, label, "end"))

const tick = (at, x, bottom, labelled) => svg("g", {class: "grid"},
  svg("line", {x1: x, x2: x, y1: TOP, y2: bottom}),
  labelled ? text(x, bottom + 14, clock(at, at), "middle") : null)

const text = (x, y, words, anchor) => svg("text", {x, y, "text-anchor": anchor}, words)

function hours([from, to]) {
  const step = HOUR_MS * (TICKS_H.find(one => (to - from) / HOUR_MS / one <= 6) ?? 12)
  const first = Math.ceil(from / step) * step
  const at = Array.from({length: Math.floor((to - first) / step) + 1}, (_, i) => first + i * step)
  const edge = (to - from) * 0.05
  return at.filter(one => one - from > edge && to - one > edge)
}
