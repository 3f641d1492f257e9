// The panel of one segment: its values now, its last hours, its sensors.

import {createAlarm} from "./alertrow.js"
import {chart, cross, historyPoints, instantAt, roundUp} from "./chart.js"
import {element, keyedList, say} from "./dom.js"
import {clock, duration, number, percent} from "./format.js"
import {disagreement} from "./scales.js"

const HOURS = [1, 3, 6, 12, 24, 48]
const FIGURES = [
  ["Speed", "km/h", one => number(one.speed)],
  ["Free flow", "km/h", one => number(one.free_flow_speed)],
  ["Flow", "veh/h", one => number(one.flow)],
  ["Congestion", "of 100", one => number(one.score)],
  ["Level", "of service", one => one.los ?? number(null)],
  ["Travel time", "× free flow", one => number(one.tti, 1)],
]

/**
 * Fill `box`; `closed()` and `hoursChosen(hours)` are told; `act(alert, doing)` acknowledges. Returns
 * what the page shows in it: `open`, `now`, `alarm`, `history`, `sensors`, `problem`.
 */
export function createSegment(box, thresholds, {closed, hoursChosen, act}) {
  const alarm = createAlarm(act)
  const parts = build(box, alarm.box, closed, hoursChosen)
  let points = [], span = [0, 1], chosen = null
  const read = at => {
    chosen = at == null ? null : nearest(points, at)
    parts.charts.querySelectorAll("svg").forEach(one => cross(one, span, chosen?.at))
    say(parts.reading, chosen ? sentence(chosen) : "")
  }
  listen(parts.charts, () => ({points, span, chosen}), read)
  return {
    open(segment, hours) {
      box.hidden = false
      parts.hours.value = String(hours)
      points = []
      parts.charts.replaceChildren()
      say(parts.reading, "")
      say(parts.problem, "Loading the last hours…")
      keyedList(parts.rows, [], {})
      parts.more.hidden = true
      this.now(segment, null)
    },
    now(segment, cityTime) {
      say(parts.name, segment.name)
      say(parts.where, where(segment, cityTime))
      parts.figures.forEach((value, at) => say(value, FIGURES[at][2](segment)))
      say(parts.differ, disagreement(segment, thresholds))
    },
    alarm: alarm.show,
    history(answer, hours, now) {
      points = historyPoints(answer)
      const end = points.at(-1)?.at ?? now // the hours before the newest reading
      span = [end - hours * 3_600_000, end]
      say(parts.problem, points.length ? "" : "Nothing was recorded in this span.")
      parts.charts.replaceChildren(...charts(points, answer.free_flow_speed, thresholds, span))
      if (chosen) read(chosen.at)
    },
    sensors: found => showSensors(parts, found),
    problem: words => say(parts.problem, words),
    focus: () => parts.close.focus(),
    close() { box.hidden = true },
  }
}

function build(box, alarm, closed, hoursChosen) {
  const name = element("h2", {id: "segment-name"})
  const where = element("p", {className: "note"})
  const close = element("button", {type: "button", className: "quiet", "aria-label": "Close the segment"}, "✕")
  const hours = element("select", {"aria-label": "How much history to show"},
    HOURS.map(one => element("option", {value: String(one)}, one === 1 ? "last hour" : `last ${one} hours`)))
  const figures = FIGURES.map(() => element("b"))
  const charts = element("div", {className: "charts", tabIndex: 0, role: "group",
    "aria-label": "Last hours. Arrow keys read the values minute by minute."})
  const differ = element("p", {className: "none differ"})
  const reading = element("p", {className: "reading", "aria-live": "polite"})
  const problem = element("p", {className: "none", "aria-live": "polite"})
  const rows = element("tbody")
  const more = element("details", {className: "sensors", hidden: true}, element("summary"), table(rows))
  close.addEventListener("click", closed)
  hours.addEventListener("change", () => hoursChosen(Number(hours.value)))
  box.replaceChildren(
    element("header", {}, element("div", {}, name, where), close),
    alarm,
    element("dl", {className: "figures"}, FIGURES.map(([title, unit], at) =>
      element("div", {}, element("dt", {}, title), element("dd", {}, figures[at], element("small", {}, unit))))),
    differ,
    element("div", {className: "span"}, hours, reading), problem, charts, more)
  return {name, where, close, hours, figures, differ, charts, reading, problem, more, rows}
}

const table = rows => element("table", {},
  element("thead", {}, element("tr", {}, ["Sensor", "km/h", "Vehicles", "Occupancy", "Last reading"].map(title =>
    element("th", {scope: "col"}, title)))), rows)

function charts(points, freeFlow, {high, severe}, span) {
  const highest = field => Math.max(0, ...points.map(point => point[field] ?? 0))
  const free = freeFlow == null ? [] : [{value: freeFlow, label: `free flow ${number(freeFlow)}`, name: "free"}]
  const all = [
    ["speed", "Speed, km/h", roundUp(Math.max(highest("speed"), freeFlow ?? 0) * 1.1), free, 112],
    ["flow", "Flow, vehicles per hour", roundUp(highest("flow")), [], 82],
    ["score", "Congestion, 0–100", 100, [
      {value: high, label: "high", name: "high"}, {value: severe, label: "severe", name: "severe"}], 96],
  ]
  return all.flatMap(([field, title, top, lines, height], at) => [
    element("h3", {}, title),
    chart({points, field, title, span, top, lines, height, times: at === all.length - 1}),
  ])
}

function listen(box, state, read) {
  box.addEventListener("pointermove", event => {
    const drawing = event.target.closest("svg")
    if (drawing) read(instantAt(drawing, state().span, event.clientX))
  })
  box.addEventListener("pointerleave", () => read(null))
  box.addEventListener("blur", () => read(null))
  box.addEventListener("keydown", event => {
    const {points, chosen} = state()
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key]
    if (!step || !points.length) return
    event.preventDefault()
    const at = chosen ? points.indexOf(chosen) + step : points.length - 1
    read(points[Math.min(points.length - 1, Math.max(0, at))].at)
  })
}

function nearest(points, at) {
  let best = null
  for (const point of points) {
    if (!best || Math.abs(point.at - at) < Math.abs(best.at - at)) best = point
  }
  return best
}

const sentence = point => `${clock(point.at)}: ${number(point.speed)} km/h, `
  + `${number(point.flow)} veh/h, congestion ${number(point.score)}`

function where(segment, cityTime) {
  const heard = segment.updated_at == null ? "no data yet"
    : cityTime == null ? null : `${duration(cityTime - segment.updated_at)} ago`
  const reporting = segment.sensors == null ? null
    : `${number(Math.round((segment.reporting ?? 0) * segment.sensors))} of ${number(segment.sensors)} sensors`
  const lanes = segment.lanes == null ? null : `${segment.lanes} ${segment.lanes === 1 ? "lane" : "lanes"}`
  return [segment.district, lanes, reporting, heard].filter(Boolean).join(" · ")
}

function showSensors({more, rows}, found) {
  more.hidden = !found.length
  const reporting = found.filter(one => one.reporting).length
  const out = found.filter(one => one.suspect).length
  const note = !out ? "" : out === found.length ? ", all left out: no figures" : `, ${out} left out`
  say(more.firstElementChild, `Sensors: ${reporting} of ${found.length} report${note}`)
  keyedList(rows, found, {key: one => one.id, create: sensorRow, update: updateSensor})
}

const sensorRow = sensor =>
  element("tr", {}, element("th", {scope: "row"}, sensor.id), [1, 2, 3, 4].map(() => element("td")))

// The faults in words, as docs/explanation/sensor-health.md has them.
const leftOut = suspect => suspect ? ` (left out: ${suspect.kind.replaceAll("_", " ")} since ${clock(suspect.since)})` : ""

function updateSensor(row, sensor) {
  const cells = [number(sensor.speed), number(sensor.vehicle_count), percent(sensor.occupancy), clock(sensor.timestamp)]
  say(row.firstElementChild, sensor.id + leftOut(sensor.suspect))
  row.classList.toggle("silent", !sensor.reporting)
  cells.forEach((words, at) => say(row.children[at + 1], words))
}
