// What the page knows of the city: roads, the live values of each, totals, alerts and incidents.

import {bounds, decode} from "./polyline.js"

// An answer may come from a look at the city that is older than one already shown, by the time to
// live of a look and the lag of a replica.
const SETTLED_MS = 5_000

/** Nothing known yet. */
export const emptyCity = () => ({
  segments: new Map(), totals: {}, alerts: [], incidents: [], version: null, ahead: 0,
  isRebuilt: false, // segments came or went since the roads were taken
  indexes: 0, // how many were given, none of them twice
})

/** Take the road network, which may be minutes old; live values already known are kept, and what is no more stays away. */
export function takeRoads(city, roads) {
  const live = city.segments
  const present = roads.filter(road => city.version == null || live.has(road.id))
  city.segments = new Map(present.map((road, index) => {
    const line = decode(road.line)
    const known = live.get(road.id)
    const name = road.name ?? road.id
    return [road.id, {...known, ...road, name, index, line, box: bounds(place(road, line))}]
  }))
  for (const [id, segment] of live) {
    if (!city.segments.has(id)) city.segments.set(id, stranger(id, city.segments.size, segment))
  }
  city.isRebuilt = false
  city.indexes = city.segments.size
}

/**
 * Take an answer of `/api/now`, received at `receivedAt` by this machine's clock.
 * Returns the segments whose values changed, and those that are no more.
 */
export function takeNow(city, answer, receivedAt) {
  city.version = answer.version
  city.ahead = answer.now - receivedAt
  city.totals = answer.city
  city.alerts = withKnown(city.alerts, answer.alerts, receivedAt)
  city.incidents = answer.incidents
  const rows = answer.segments.map(row => named(answer.columns, row))
  const gone = answer.full ? forget(city, new Set(rows.map(row => row.id))) : []
  return [...gone, ...rows.map(row => takeRow(city, row))]
}

/** The city's time, ms: this machine's clock may be wrong. */
export const cityTime = (city, clock = Date.now()) => clock + city.ahead

/**
 * How old the newest data is, ms; null before any. Both times count: a sensor's clock may
 * run ahead, and late data may be written now.
 */
export function dataAge(city, clock = Date.now()) {
  const times = [city.totals.observed_at, city.totals.updated_at].filter(at => at != null)
  return times.length ? Math.max(0, cityTime(city, clock) - Math.min(...times)) : null
}

const named = (columns, row) => Object.fromEntries(columns.map((name, at) => [name, row[at]]))

function takeRow(city, row) {
  let segment = city.segments.get(row.id)
  if (!segment) {
    segment = stranger(row.id, city.indexes++, {})
    city.segments.set(row.id, segment)
    city.isRebuilt = true
  }
  const isOlder = row.updated_at != null && row.updated_at < segment.updated_at
  return isOlder ? segment : Object.assign(segment, row)
}

// On the map they stay, without values, until the roads are taken again.
function forget(city, present) {
  const gone = [...city.segments.values()].filter(one => !present.has(one.id))
  for (const segment of gone) {
    segment.updated_at = null
    city.segments.delete(segment.id)
    city.isRebuilt = true
  }
  return gone
}

/** Take the answer to an acknowledgement, or to one taken back, received at `receivedAt`. */
export function takeAlert(city, row, receivedAt) {
  city.alerts = city.alerts.map(one =>
    one.alert_id === row.alert_id ? {...one, ...row, settled: receivedAt + SETTLED_MS} : one)
}

// What was just acknowledged, or taken back, stays so while an older look may still be answered.
function withKnown(before, after, now) {
  const known = new Map(before.map(one => [one.alert_id, one]))
  return after.map(alert => {
    const old = known.get(alert.alert_id)
    if (!old) return alert
    if (old.acknowledged_at === alert.acknowledged_at) return {...alert, settled: old.settled}
    const {acknowledged_at, acknowledged_by, note, closed_level, settled} = old
    if (settled > now) return {...alert, acknowledged_at, acknowledged_by, note, closed_level, settled}
    return {...alert, settled: now + SETTLED_MS}
  })
}

const stranger = (id, index, live) => ({name: id, district: null, line: [], box: null, ...live, id, index})

function place(road, line) {
  if (line.length) return line
  return road.lon == null || road.lat == null ? [] : [[road.lon, road.lat]]
}
