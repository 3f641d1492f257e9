// Incidents as the page shows them: items of an incident and its open alerts, and the words for them.

import {length as lengthOf, number, speed as speedOf} from "./format.js"
import {isHandled} from "./handled.js"

const TRENDS = {__proto__: null, growing: "↗\u00a0growing", steady: "→\u00a0steady", shrinking: "↘\u00a0shrinking"}

/**
 * What there is to list: an item `{incident, alerts, slow}` for each incident, its alerts from the head back
 * and, where it has none, its unusual segments; and the alerts that are in none.
 */
export function itemsOf({alerts, incidents, segments}) {
  const open = new Map(alerts.map(one => [one.alert_id, one]))
  const items = incidents
    .map(incident => ({incident, slow: [], alerts: fromHead(incident, incident.alert_ids.map(id => open.get(id)).filter(Boolean), segments)}))
    .map(item => isUnalerted(item) ? {...item, slow: slowOf(item, segments)} : item)
    .filter(item => item.alerts.length || item.slow.length)
  const inside = new Set(items.flatMap(item => item.alerts.map(one => one.alert_id)))
  return [...items, ...alerts.filter(one => !inside.has(one.alert_id))]
}

/** Whether traffic is unusually slow there, and no segment has an alert. */
export const isUnalerted = ({incident, alerts}) => Boolean(incident?.unusual) && incident.level === "none" && !alerts.length

const slowOf = ({incident}, segments) => incident.alert_ids.map(id => segments.get(id.slice(0, id.lastIndexOf("@")))).filter(Boolean)

/** What tells an item from all others: an incident has the id of its first alert. */
export const itemKey = item => item.incident ? `incident ${item.incident.incident_id}` : item.alert_id

/** The alerts of an item. */
export const alertsOf = item => item.incident ? item.alerts : [item]

/** `I-405 S, Van Nuys to Sherman Oaks`: the road, from the tail to the head. */
export function nameOfIncident({road, place, head, tail}, segments) {
  const from = placeOf(segments.get(tail))
  const to = place ?? head
  const places = from && from !== to ? `${from} to ${to}` : to
  return road && road !== to ? `${road}, ${places}` : places
}

/** `6.2 km · 14 km/h · +11 min · ↗ growing`; what is not known is left out. */
export function incidentFigures(incident, segments) {
  const {length, lost} = sizeOf(incident, segments)
  const speed = incident.speed == null ? "speed unknown" : speedOf(incident.speed)
  return [length, speed, lost, TRENDS[incident.trend]].filter(Boolean).join(" · ")
}

/** What a label on the map says: `I-405 S`, and below it `6.2 km +11 min`. */
export function incidentLabel(incident, segments) {
  const {length, lost} = sizeOf(incident, segments)
  return `${incident.road ?? incident.place ?? incident.head}\n${[length, lost].filter(Boolean).join(" ")}`
}

function sizeOf(incident, segments) {
  const lost = minutesLost(incident, segments.get(incident.head)?.free_flow_speed)
  return {length: lengthOf(incident.length_km), lost: lost == null ? null : `+${number(lost)} min`}
}

/** The minutes that a driver loses from tail to head; null where unknown. */
function minutesLost({length_km, speed}, free) {
  if (!speed || !free) return null
  return Math.max(0, 60 * length_km * (1 / speed - 1 / free))
}

/** An item as `showControls` shows an alert: acknowledged once somebody sees to all its alerts, by the first person; `last` was acknowledged last. */
export function acknowledgement({alerts}) {
  const seen = alerts.filter(one => one.acknowledged_at != null).toSorted((a, b) => a.acknowledged_at - b.acknowledged_at)
  const count = seen.filter(isHandled).length
  const isWhole = count > 0 && count === alerts.length
  return {count, acknowledged_at: isWhole ? seen[0].acknowledged_at : null, acknowledged_by: isWhole ? seen[0].acknowledged_by : null,
    note: seen.findLast(one => one.note)?.note ?? null, last: seen.at(-1) ?? null,
    closed_level: isWhole ? seen.at(-1).closed_level : null}
}

/** When an item was last acknowledged as far as this page knows, null where it is not. */
export const seenOf = item => acknowledgement({alerts: alertsOf(item)}).last?.acknowledged_at ?? null

// As the city names the head: its district, or what its name says after the road.
const placeOf = segment => segment && (segment.district || segment.name.split(",").slice(1).join(",").trim() || segment.name)

function fromHead({head}, alerts, segments) {
  const start = middle(segments.get(head))
  const far = alert => {
    const at = middle(segments.get(alert.segment_id))
    return at && start ? Math.hypot(at[0] - start[0], at[1] - start[1]) : Infinity
  }
  const distances = new Map(alerts.map(one => [one, far(one)]))
  return alerts.toSorted((a, b) => distances.get(a) - distances.get(b) || (a.alert_id < b.alert_id ? -1 : 1))
}

const middle = segment => segment?.box && [(segment.box[0] + segment.box[2]) / 2, (segment.box[1] + segment.box[3]) / 2]
