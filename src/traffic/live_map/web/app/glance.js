// The city at a glance, and the clock of data age.

import {element, say} from "./dom.js"
import {clock, duration, inUnit, number, percent, speedUnit, zoneAt, zoneName} from "./format.js"

const AMBER_MS = 10_000
const RED_MS = 30_000

const TILES = [
  ["vehicles", () => "Vehicles per hour", totals => number(totals.vehicles_per_hour)],
  ["speed", () => `Mean speed, ${speedUnit()}`, totals => number(inUnit(totals.mean_speed))],
  ["congested", () => "Roads congested", totals => percent(totals.share_congested)],
  ["sensors", () => "Sensors reporting", sensors],
]

function sensors({sensors_reporting, sensors: known}) {
  return known == null ? number(null) : `${number(sensors_reporting)} / ${number(known)}`
}

/** Fill the list of tiles; returns `show(totals)`. */
export function createGlance(list) {
  const values = TILES.map(([id]) => element("dd", {id: `glance-${id}`}, number(null)))
  list.append(...TILES.map(([, name], at) => element("div", {}, element("dt", {}, name()), values[at])))
  return totals => TILES.forEach(([, , text], at) => say(values[at], text(totals)))
}

/** `fresh`, `amber` over 10 s, `red` over 30 s, `none` without data. */
function ageState(ageMs) {
  if (ageMs == null) return "none"
  if (ageMs > RED_MS) return "red"
  return ageMs > AMBER_MS ? "amber" : "fresh"
}

const WARNINGS = {
  amber: "Data is more than 10 seconds old.",
  red: "Data is more than 30 seconds old.",
  fresh: "Data is fresh again.",
}

/** Returns `show(ageMs, nowMs)` of the clock; a change of state is spoken by `speak`. */
export function createClock({box, value, time}, speak) {
  return (ageMs, nowMs) => {
    const state = ageState(ageMs)
    const before = box.dataset.state
    say(value, ageText(ageMs))
    say(time, `${clock(nowMs, nowMs)} ${zoneAt(nowMs)}`)
    time.title = `All times are of the time zone ${zoneName()}`
    if (state === before) return
    box.dataset.state = state
    if (before !== "none" && WARNINGS[state]) speak(WARNINGS[state])
  }
}

function ageText(ageMs) {
  if (ageMs == null) return number(null)
  return ageMs < 60_000 ? `${number(ageMs / 1000, 1)} s` : duration(ageMs)
}
