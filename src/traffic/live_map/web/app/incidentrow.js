// One incident as a row of the list, which opens to the alerts of its segments.

import {createControls, createRow, explain, noteOf, showControls, showStanding, updateRow} from "./alertrow.js"
import {element, keyedList, say} from "./dom.js"
import {lasting, number, speed as speedOf} from "./format.js"
import {inPlace} from "./hold.js"
import {acknowledgement, incidentFigures, isUnalerted, nameOfIncident} from "./incidents.js"

const key = alert => alert.alert_id
let made = 0

/** A row; `toggled(item)`, `opened(alert)` and `act(itemOrAlert, doing)` act on what it shows. */
export function createIncidentRow({toggled, opened, act}) {
  const row = element("li", {className: "incident"})
  const controls = createControls(doing => {
    if (doing !== "note") go.focus({preventScroll: true})
    act(row.item, doing)
  })
  const [name, chip, badge, note, figures, cost] = ["name", "chip", "badge", "note", "figures", "cost"]
    .map(className => element("span", {className}))
  const inside = element("ul", {className: "inside", id: `inside-${++made}`, hidden: true})
  const go = element("button", {type: "button", className: "row", "aria-expanded": "false", "aria-controls": inside.id},
    name, chip, badge, note, figures, element("span", {className: "line"}, cost, controls.seen), controls.fault)
  go.addEventListener("click", () => toggled(row.item))
  const head = element("div", {className: "alert"}, go, controls.accept, controls.done, controls.undo, controls.pen)
  row.append(head, inside)
  row.parts = {...controls, name, chip, badge, note, figures, cost, go, head, inside}
  row.create = () => createRow(opened, act)
  row.shown = []
  return row
}

/**
 * Show `item` in a row. `detail(alert)` as of the list; `open` are all open alerts by id; `step` is what
 * became of acknowledging; `isOpen` shows its alerts; `held` keeps their places; `gone`: it is over.
 */
export function updateIncidentRow(row, item, {segments, detail, open, step, fresh, isOpen, held, gone, now}) {
  const {incident, alerts} = item
  const isQuiet = isUnalerted(item) // nothing to open, and to acknowledge
  const {name, note, figures, cost, go, head} = row.parts
  const words = nameOfIncident(incident, segments)
  const known = acknowledgement(item)
  row.item = item
  say(name, words)
  say(note, lasting(incident.opened_at, now))
  say(figures, incidentFigures(incident, segments))
  say(cost, costOf(incident, alerts.length || item.slow.length))
  for (const part of [name, note, figures, cost]) explain(part)
  showControls(row.parts, {...known, name: words, brief: briefly(known, alerts)}, step, now, gone || isQuiet)
  if (isQuiet) go.removeAttribute("aria-expanded")
  else if (go.getAttribute("aria-expanded") !== String(isOpen)) go.setAttribute("aria-expanded", String(isOpen))
  showInside(row, {isOpen, words, detail, open, held, gone, now})
  showStanding(row, head, {level: incident.level, step, fresh, gone})
}

function showInside(row, {isOpen, words, detail, open, held, gone, now}) {
  const {inside} = row.parts
  const wanted = isOpen ? row.item.alerts : []
  row.shown = isOpen && held ? inPlace(row.shown, wanted, key) : wanted
  inside.hidden = !isOpen
  if (isOpen) inside.setAttribute("aria-label", `Segments of ${words}`)
  keyedList(inside, row.shown, {key, create: row.create, update: (one, alert) =>
    updateRow(one, alert, {...detail(alert), gone: gone || !open.has(key(alert)), now})})
}

// Before a note there is room for a short name only.
function briefly({count, acknowledged_at, acknowledged_by, ...known}, {length}) {
  if (acknowledged_at == null) return [count ? `${count} of ${length} acknowledged` : null, noteOf(known)].filter(Boolean).join(" ")
  return known.note ? `${(acknowledged_by ?? "").split("@")[0]} ${noteOf(known)}` : null
}

// What nobody could measure is unknown, not 0.
function costOf({level, speed, usual_speed: usual, unusual, delay_vehicle_hours: lost}, count) {
  const segments = `${number(count)} ${count === 1 ? "segment" : "segments"}`
  return [
    unusual && level !== "none" ? "unusual" : null,
    usual == null ? null : `usual ${speedOf(usual)}`,
    segments,
    speed == null && !lost ? null : `${number(lost, lost < 10 ? 1 : 0)} vehicle-h lost`,
  ].filter(Boolean).join(" · ")
}
