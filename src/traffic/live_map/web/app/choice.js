// Which alerts are listed, and in what order.

import {inOrder, rank} from "./news.js"

/** Orders by name; `worst` is the usual one. `facts(alert)` gives `{speed, trend}`. */
export const SORTS = {
  worst: {name: "Worst first", sort: inOrder},
  newest: {name: "Newest first", sort: alerts => by(alerts, one => -one.opened_at)},
  oldest: {name: "Longest open first", sort: alerts => by(alerts, one => one.opened_at)},
  slowest: {name: "Slowest first", sort: (alerts, facts) => by(alerts, one => facts(one).speed ?? Infinity)},
  worsening: {name: "Getting worse first", sort: (alerts, facts) => by(inOrder(alerts), one => TRENDS.indexOf(facts(one).trend))},
  name: {name: "By name", sort: alerts => [...alerts].sort((a, b) => title(a).localeCompare(title(b), "en", {numeric: true}))},
}
const TRENDS = ["worse", "steady", null, "better"]

/** The name of an alert's segment, else its id. */
export const title = alert => alert.name ?? alert.segment_id

/** Whether each word of `search` is in one of `texts`. */
export function matches(search, texts) {
  const text = texts.map(one => one ?? "").join(" ").toLowerCase()
  return search.toLowerCase().split(/\s+/).filter(Boolean).every(word => text.includes(word))
}

/** The alerts that `{search, district, level, unacknowledged, sort}` asks for, in order; each may be null. */
export function chosen(alerts, {search, district, level, unacknowledged, sort}, facts) {
  const some = alerts.filter(one =>
    (!district || one.district === district)
    && (!level || one.level === level)
    && (!unacknowledged || one.acknowledged_at == null)
    && (!search || matches(search, [one.name, one.district, one.segment_id])))
  return (SORTS[sort] ?? SORTS.worst).sort(some, facts)
}

/** Whether any alert may be left out. */
export const isNarrowed = ({search, district, level, unacknowledged}) =>
  Boolean(search || district || level || unacknowledged)

// A stable sort by a number.
const by = (alerts, figure) => [...alerts].sort((a, b) => {
  const [x, y] = [figure(a), figure(b)]
  return x === y ? rank(b) - rank(a) : x - y
})
