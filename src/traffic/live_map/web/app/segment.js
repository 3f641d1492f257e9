// The panel of one segment: its values now, its last hours, its sensors.

import {createAlarm} from "./alertrow.js"
import {chart, cross, historyPoints, instantAt, roundUp} from "./chart.js"
import {element, keyedList, say} from "./dom.js"
import {historyRows, save} from "./export.js"
import {clock, duration, inUnit, number, percent, speed, speedUnit, zoneAt} from "./format.js"
import {disagreement, present} from "./scales.js"
import {bandOf, expectedPoints, outlookWords, usualAt, usualPoints} from "./usual.js"

const HOURS = [1, 3, 6, 12, 24, 48]
const HOUR_MS = 3_600_000
const FIGURES = [
  ["Speed", null, one => number(inUnit(one.speed))], // null is the unit of speeds
  ["Free flow", null, one => number(inUnit(one.free_flow_speed))],
  ["Flow", "veh/h", one => number(one.flow)],
  ["Congestion", "of 100", one => number(one.score)],
  ["Level", "of service", one => one.los ?? number(null)],
  ["Travel time", "× free flow", one => number(one.tti, 1)],
]

/**
 * Fill `box`; `closed()` and `hoursChosen(hours)` are told; `act(alert, doing)` acknowledges. Returns
 * what the page shows in it: `open`, `now`, `alarm`, `history`, `expected`, `sensors`, `problem`.
 */
export function createSegment(box, thresholds, {closed, hoursChosen, act}) {
  const alarm = createAlarm(act)
  const parts = build(box, alarm.box, {closed, hoursChosen, exported: () => save(id, historyRows(points, usual))})
  let points = [], span = [0, 1], chosen = null
  let id = null, past = null, expected = [], usual = []
  const read = at => {
    chosen = at == null ? null : nearest(points, at)
    parts.charts.querySelectorAll("svg").forEach(one => cross(one, span, chosen?.at))
    say(parts.reading, chosen ? sentence(chosen, usualAt(usual, chosen.at)) : "")
  }
  const draw = () => {
    if (!past) return
    const {answer, end, hours} = past
    const ahead = points.length ? expected : []
    const until = Math.max(end, ahead.at(-1)?.at ?? end, usual.some(one => one.at > end && one.usual != null) ? end + HOUR_MS : end)
    span = [end - hours * HOUR_MS, until]
    const words = outlookWords(usualAt(usual, end), answer.usual.missing, ahead)
    parts.charts.replaceChildren(...charts(points, answer.free_flow_speed, thresholds, {span, now: end, usual, ahead, words}))
    if (chosen) read(chosen.at)
  }
  listen(parts.charts, () => ({points, span, chosen}), read)
  return {
    open(segment, hours) {
      box.hidden = false
      parts.hours.value = String(hours)
      points = []
      id = segment.id
      past = null
      parts.file.disabled = true
      expected = []
      parts.charts.replaceChildren()
      say(parts.reading, "")
      say(parts.problem, "Loading the last hours…")
      keyedList(parts.rows, [], {})
      parts.more.hidden = true
    },
    now(heard, cityTime) {
      const segment = present(heard, cityTime)
      say(parts.name, segment.name)
      say(parts.where, where(segment, cityTime))
      parts.figures.forEach((value, at) => say(value, FIGURES[at][2](segment)))
      say(parts.differ, disagreement(segment, thresholds))
    },
    alarm: alarm.show,
    history(answer, hours, now) {
      points = historyPoints(answer)
      usual = usualPoints(answer.usual)
      parts.file.disabled = !points.length
      past = {answer, hours, end: points.at(-1)?.at ?? now} // the hours before the newest reading
      say(parts.problem, points.length ? "" : "Nothing was recorded in this span.")
      draw()
    },
    expected(answer, now) {
      expected = expectedPoints(answer, now)
      draw()
    },
    sensors: found => showSensors(parts, found),
    problem: words => say(parts.problem, words),
    focus: () => parts.close.focus(),
    close() { box.hidden = true },
  }
}

function build(box, alarm, {closed, hoursChosen, exported}) {
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
  const file = element("button", {type: "button", className: "quiet", title: "Save the shown history as a CSV file", disabled: true}, "Export")
  close.addEventListener("click", closed)
  file.addEventListener("click", exported)
  hours.addEventListener("change", () => hoursChosen(Number(hours.value)))
  box.replaceChildren(
    element("header", {}, element("div", {}, name, where), close),
    alarm,
    element("dl", {className: "figures"}, FIGURES.map(([title, unit], at) =>
      element("div", {}, element("dt", {}, title), element("dd", {}, figures[at], element("small", {}, unit ?? speedUnit()))))),
    differ,
    element("div", {className: "span"}, hours, file, reading), problem, charts, more)
  return {name, where, close, hours, file, figures, differ, charts, reading, problem, more, rows}
}

const table = rows => element("table", {},
  element("thead", {}, element("tr", {}, ["Sensor", speedUnit(), "Vehicles", "Occupancy", "Last reading"].map(title =>
    element("th", {scope: "col"}, title)))), rows)

function charts(points, freeFlow, {high, severe}, {span, now, usual, ahead, words}) {
  const shown = points.map(point => ({...point, speed: inUnit(point.speed)}))
  const band = bandOf(usual, span).map(run => run.map(one => ({...one, low: inUnit(one.low), usual: inUnit(one.usual)})))
  const dotted = ahead.length && shown.at(-1).speed != null ? [shown.at(-1), ...ahead.map(one => ({...one, speed: inUnit(one.speed)}))] : []
  const highest = (field, more = []) => Math.max(0, ...[...shown, ...more].map(point => point[field] ?? 0))
  const free = inUnit(freeFlow)
  const lines = free == null ? [] : [{value: free, label: `free flow ${number(free)}`, name: "free"}]
  const fastest = Math.max(highest("speed", dotted), free ?? 0, ...band.flat().map(one => one.usual))
  const all = [
    {field: "speed", title: `Speed, ${speedUnit()}`, top: roundUp(fastest * 1.1), lines, height: 108, band, ahead: dotted, describedBy: "outlook"},
    {field: "flow", title: "Flow, vehicles per hour", top: roundUp(highest("flow")), height: 70},
    {field: "score", title: "Congestion, 0–100", top: 100, height: 80, lines: [
      {value: high, label: "high", name: "high"}, {value: severe, label: "severe", name: "severe"}]},
  ]
  const drawn = all.map((one, at) => [
    element("h3", {}, one.title), chart({...one, points: shown, span, now, times: at === all.length - 1})])
  return [...drawn[0], element("p", {className: "note", id: "outlook"}, words), ...drawn.slice(1).flat()]
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

function sentence(point, usual) {
  const known = usual ? ` (usual ${number(inUnit(usual.low))} to ${number(inUnit(usual.usual))})` : ""
  return `${clock(point.at)} ${zoneAt(point.at)}: ${speed(point.speed)}${known}, `
    + `${number(point.flow)} veh/h, congestion ${number(point.score)}`
}

const reportingOf = ({reporting, sensors}) => number(reporting == null ? null : Math.round(reporting * sensors))

function where(segment, cityTime) {
  const heard = segment.updated_at == null ? "no data yet" : `${duration(cityTime - segment.updated_at)} ago`
  const reporting = segment.sensors == null ? null : `${reportingOf(segment)} of ${number(segment.sensors)} sensors`
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
  const cells = [number(inUnit(sensor.speed)), number(sensor.vehicle_count), percent(sensor.occupancy), clock(sensor.timestamp)]
  say(row.firstElementChild, sensor.id + leftOut(sensor.suspect))
  row.classList.toggle("silent", !sensor.reporting)
  cells.forEach((words, at) => say(row.children[at + 1], words))
}
