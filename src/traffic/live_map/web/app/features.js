// GeoJSON of what the map draws.

import {isHandled} from "./handled.js"
import {acknowledgement} from "./incidents.js"
import {ASIDE_M} from "./layers.js"
import {endOf, spread} from "./polyline.js"
import {TIES} from "./scales.js"

const MOST_RATE = 1e6 // vehicle-hours per hour

const collection = features => ({type: "FeatureCollection", features})

/** Segments as lines, or as points where no line is known; `id` is the segment's index. */
export const roads = segments => collection(segments.filter(one => one.box).map(one => ({
  type: "Feature", id: one.index, properties: {name: one.name}, geometry: shape(one),
})))

/** The segments of these classes that have a pattern. */
export const ties = (segments, classes) => collection(segments
  .filter(one => one.line.length > 1 && classes[one.index] in TIES)
  .map(one => ({type: "Feature", properties: {k: classes[one.index]}, geometry: shape(one)})))

/** One segment, or none. */
export const only = segment => collection(segment?.box
  ? [{type: "Feature", properties: {}, geometry: shape(segment)}] : [])

function shape({line, box}) {
  if (line.length > 1) return {type: "LineString", coordinates: line}
  return {type: "Point", coordinates: line[0] ?? [box[0], box[1]]}
}

/** One label for each district, amid its segments. */
export function districts(segments) {
  const places = new Map()
  for (const {district, box} of segments) {
    if (!district || !box) continue
    const place = places.get(district) ?? [0, 0, 0]
    places.set(district, [place[0] + box[0] + box[2], place[1] + box[1] + box[3], place[2] + 2])
  }
  return collection([...places].map(([name, [x, y, n]]) => point([x / n, y / n], {name})))
}

/** A ring for each open alert whose place is known. */
export const markers = alerts => collection(alerts
  .filter(one => one.lat != null && one.lon != null)
  .map(one => point([one.lon, one.lat],
    {level: one.level, acknowledged: isHandled(one)})))

/** The lines of all segments of each incident; `chosen` is the id of one. */
export const extents = (items, segments, chosen) => collection(items.map(({incident, alerts}) => ({
  type: "Feature", properties: {level: incident.level, chosen: incident.incident_id === chosen},
  geometry: {type: "MultiLineString", coordinates: alerts
    .map(one => segments.get(one.segment_id)?.line ?? []).filter(line => line.length > 1)},
})))

/** Where each incident's head ends, with its label. */
export const heads = (items, segments, chosen, labels) => collection(items.flatMap(item => {
  const {incident} = item
  const {box, line = []} = segments.get(incident.head) ?? {}
  if (!box) return []
  return [point(line.length > 1 ? endOf(line, ASIDE_M) : [box[0], box[1]], {
    level: incident.level, chosen: incident.incident_id === chosen, label: labels.get(item),
    acknowledged: acknowledgement(item).acknowledged_at != null, order: (incident.level === "severe" ? 0 : MOST_RATE) - incident.delay_rate,
  })]
}))

/**
 * Dots for the sensors of these segments. `details` has single sensors by segment id;
 * of the others only their number and the share that reports is known.
 */
export const sensors = (segments, classes, details) =>
  collection(segments.flatMap(segment => dots(segment, classes[segment.index] ?? -1, details)))

function dots(segment, k, details) {
  if (segment.line.length < 2) return []
  const known = details.get(segment.id)
  const count = known?.length ?? segment.sensors ?? 0
  const reporting = Math.round((segment.reporting ?? 0) * count)
  return spread(segment.line, count, ASIDE_M).map((at, index) =>
    point(at, {k, on: known ? known[index].reporting === true : index < reporting}))
}

const point = (coordinates, properties) =>
  ({type: "Feature", properties, geometry: {type: "Point", coordinates}})
