// Which incidents and alerts are listed, and in what order.

import {isHandled, rank} from "./handled.js"
import {alertsOf, isUnalerted} from "./incidents.js"
import {inOrder} from "./news.js"

/** Orders by name; `worst` is the usual one. `facts(alert)` gives `{speed, trend}`; `incidents` sorts these. */
export const SORTS = {
  __proto__: null, // it is indexed by what the address says
  worst: {name: "Worst first", sort: inOrder, incidents: worstIncidents},
  newest: {name: "Newest first", sort: alerts => by(alerts, one => -one.opened_at), incidents: all => by(all, one => -one.opened_at)},
  oldest: {name: "Longest open first", sort: alerts => by(alerts, one => one.opened_at), incidents: all => by(all, one => one.opened_at)},
  slowest: {name: "Slowest first", sort: (alerts, facts) => by(alerts, one => facts(one).speed ?? Infinity), incidents: all => by(all, one => one.speed ?? Infinity)},
  worsening: {name: "Getting worse first", sort: (alerts, facts) => by(inOrder(alerts), one => TRENDS.indexOf(facts(one).trend)),
    incidents: all => by(worstIncidents(all), one => GROWTH.indexOf(one.trend))},
  name: {name: "By name", sort: alerts => byText(alerts, title), incidents: all => byText(all, one => `${one.road ?? ""} ${one.place ?? ""}`)},
}
const TRENDS = ["worse", "steady", null, "better"]
const GROWTH = ["growing", "steady", "shrinking"]

/** The name of an alert's segment, else its id. */
export const title = alert => alert.name ?? alert.segment_id

/** Whether each word of `search` is in one of `texts`. */
export function matches(search, texts) {
  const text = texts.map(one => one ?? "").join(" ").toLowerCase()
  return search.toLowerCase().split(/\s+/).filter(Boolean).every(word => text.includes(word))
}

/** The items that `{search, district, level, unusual, unacknowledged, sort}` asks for, incidents first, those without an alert last; each may be null. */
export function chosen(items, {search, district, level, unusual, unacknowledged, sort}, facts) {
  const some = items.filter(item =>
    (!district || placesOf(item).some(one => one.district === district))
    && (!level || (item.incident ?? item).level === level)
    && (!unusual || item.incident?.unusual)
    && (!unacknowledged || alertsOf(item).some(one => !isHandled(one)))
    && (!search || matches(search, textsOf(item))))
  const order = SORTS[sort] ?? SORTS.worst
  const whole = new Map(some.filter(one => one.incident).map(one => [one.incident, one]))
  const alone = some.filter(one => !one.incident)
  const incidents = order.incidents([...whole.keys()]).map(one => whole.get(one))
  return [...incidents.filter(one => !isUnalerted(one)), ...order.sort(alone, facts), ...incidents.filter(isUnalerted)]
}

const placesOf = item => [...alertsOf(item), ...item.slow ?? []]

const textsOf = item => [item.incident?.road, item.incident?.place,
  ...placesOf(item).flatMap(one => [one.name, one.district, one.segment_id ?? one.id])]

/** Whether any alert may be left out. */
export const isNarrowed = ({search, district, level, unusual, unacknowledged}) =>
  Boolean(search || district || level || unusual || unacknowledged)

// The severe ones, and of these the ones that cost most time now.
function worstIncidents(all) {
  return all.toSorted((a, b) => rank(b) - rank(a) || b.delay_rate - a.delay_rate || b.length_km - a.length_km
    || (a.incident_id < b.incident_id ? -1 : 1))
}

const byText = (all, text) => all.toSorted((a, b) => text(a).localeCompare(text(b), "en", {numeric: true}))

// A stable sort by a number.
const by = (alerts, figure) => [...alerts].sort((a, b) => {
  const [x, y] = [figure(a), figure(b)]
  return x === y ? rank(b) - rank(a) : x - y
})
