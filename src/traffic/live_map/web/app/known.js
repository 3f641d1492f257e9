// What the page says of the city beside the list of alerts: what is known, and what is not.

import {isSilent} from "./scales.js"
import {clock, number} from "./format.js"

const LOAD_ROADS = "trafficctl roads load FILE"

/**
 * How much of the city is known at `now` (ms): `roads`; of these `reporting`; `congested`, at or
 * above `high`; `waiting`, those of them without an open alert; `heard_at`, when a sensor last
 * reported.
 */
export function coverage({segments, alerts, totals}, high, now) {
  const reporting = [...segments.values()].filter(one => !isSilent(one, now))
  const congested = reporting.filter(one => one.score != null && one.score >= high)
  const alarmed = new Set(alerts.map(one => one.segment_id))
  const times = [totals.observed_at, totals.updated_at].filter(at => at != null)
  return {
    roads: segments.size,
    reporting: reporting.length,
    congested: congested.length,
    waiting: congested.filter(one => !alarmed.has(one.id)).length,
    alerts: alerts.length,
    heard_at: times.length ? Math.min(...times) : null,
  }
}

/**
 * The sentences to show, and a `command` where one helps. `lostAt` (ms) is when the connection
 * was lost, null while it holds.
 */
export function said({roads, reporting, waiting, alerts, heard_at}, now, lostAt = null) {
  if (lostAt != null) return {text: `No connection: nothing is known since ${clock(lostAt, now)}.`}
  if (roads === 0) return {text: "No roads are loaded. Load them with", command: LOAD_ROADS}
  if (reporting === 0) {
    return {text: heard_at == null ? "No sensor has reported yet." : `No sensor reports since ${clock(heard_at, now)}.`}
  }
  const part = reporting < roads ? `Of ${count(roads)} only ${number(reporting)} ${reporting === 1 ? "reports" : "report"}.` : ""
  return {text: [part, jams(waiting, alerts, part)].filter(Boolean).join(" ")}
}

function jams(waiting, alerts, part) {
  const other = alerts ? "other " : ""
  if (waiting) {
    return `${count(waiting, other)} ${waiting === 1 ? "is" : "are"} congested, but not yet for the hold time.`
  }
  if (alerts) return ""
  return part ? "None of those is jammed." : "No road is jammed."
}

const count = (n, other = "") => `${number(n)} ${other}${n === 1 ? "road" : "roads"}`

/** The totals as they are shown: where no sensor reports, flow, speed and share are unknown. */
export function shownTotals(totals, {reporting}) {
  if (reporting) return totals
  return {...totals, vehicles_per_hour: null, mean_speed: null, share_congested: null, sensors_reporting: totals.sensors == null ? null : 0}
}
