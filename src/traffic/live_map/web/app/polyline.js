// Lines on the map. A point is [longitude, latitude], as GeoJSON has it.

const METRES_PER_DEGREE = 111_195 // of latitude; mean radius of WGS 84

/** Points of an encoded polyline of precision 5; [] where it is absent or broken. */
export function decode(text) {
  const points = []
  let at = 0, latitude = 0, longitude = 0
  const next = () => {
    let value = 0, shift = 0, chunk
    do {
      chunk = text.charCodeAt(at++) - 63
      value |= (chunk & 0x1f) << shift
      shift += 5
    } while (chunk >= 0x20)
    return value & 1 ? ~(value >> 1) : value >> 1
  }
  while (at < (text?.length ?? 0)) {
    latitude += next()
    longitude += next()
    points.push([longitude / 1e5, latitude / 1e5])
  }
  return points.every(isOnEarth) ? points : []
}

const isOnEarth = ([longitude, latitude]) =>
  Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90

/** West, south, east, north of points; null without any. */
export function bounds(points) {
  if (!points.length) return null
  const box = [180, 90, -180, -90]
  for (const [x, y] of points) {
    box[0] = Math.min(box[0], x)
    box[1] = Math.min(box[1], y)
    box[2] = Math.max(box[2], x)
    box[3] = Math.max(box[3], y)
  }
  return box
}

const FAR_M = 50_000
const FAR_TIMES = 10 // as far from the middle as half of all are

/**
 * Those of `places` (`{box}`, null where unknown) that lie so far from the others that a coordinate
 * is probably wrong: a view of all would show none of the city.
 */
export function farOff(places) {
  const known = places.filter(one => one.box)
  if (!known.length) return []
  const middles = known.map(({box}) => [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
  const middle = [0, 1].map(axis => median(middles.map(one => one[axis])))
  const distances = middles.map(one => distance(middle, one))
  const far = Math.max(FAR_M, FAR_TIMES * median(distances))
  return known.filter((_, at) => distances[at] > far)
}

const median = values => values.toSorted((a, b) => a - b)[values.length >> 1]

/**
 * `count` points spread evenly along a line, `asideM` metres to the right of its direction.
 * A line is all that is known of where a segment's sensors are.
 */
export function spread(line, count, asideM) {
  const lengths = line.slice(1).map((point, at) => distance(line[at], point))
  const whole = lengths.reduce((sum, one) => sum + one, 0)
  return Array.from({length: count}, (_, at) =>
    pointAt(line, lengths, whole * (at + 0.5) / count, asideM))
}

/** The end of a line, `asideM` metres to the right of its direction. */
export function endOf(line, asideM) {
  const lengths = line.slice(1).map((point, at) => distance(line[at], point))
  return pointAt(line, lengths, lengths.reduce((sum, one) => sum + one, 0), asideM)
}

/** `{at, bearing}`: the point at a share (0-1) of a line, and which way it leads there, 0-360 from north. */
export function along(line, share) {
  const lengths = line.slice(1).map((point, at) => distance(line[at], point))
  let left = lengths.reduce((sum, one) => sum + one, 0) * share, at = 0
  while (at < lengths.length - 1 && left > lengths[at]) left -= lengths[at++]
  const [east, north] = metres(line[at], line[at + 1])
  const bearing = (Math.atan2(east, north) * 180 / Math.PI + 360) % 360
  return {at: pointAt(line, lengths, lengths.slice(0, at).reduce((sum, one) => sum + one, left), 0), bearing}
}

function pointAt(line, lengths, along, asideM) {
  let at = 0
  while (at < lengths.length - 1 && along > lengths[at]) along -= lengths[at++]
  const [a, b] = [line[at], line[at + 1] ?? line[at]]
  const share = lengths[at] ? along / lengths[at] : 0
  const [east, north] = metres(a, b)
  const aside = lengths[at] ? asideM / lengths[at] / METRES_PER_DEGREE : 0
  return [
    a[0] + (b[0] - a[0]) * share + north * aside / shrink(a),
    a[1] + (b[1] - a[1]) * share - east * aside,
  ]
}

const shrink = ([, latitude]) => Math.cos(latitude * Math.PI / 180)

const metres = (a, b) =>
  [(b[0] - a[0]) * shrink(a) * METRES_PER_DEGREE, (b[1] - a[1]) * METRES_PER_DEGREE]

const distance = (a, b) => Math.hypot(...metres(a, b))
