// The two lists: open alerts, and the worst segments (or those that a search finds).

import {element, keyedList, say} from "./dom.js"
import {clock, duration, number} from "./format.js"
import {inOrder} from "./news.js"
import {swatch} from "./swatch.js"

const WORST = 12
const FOUND = 40

/** Returns `show(alerts, nowMs)`; `open(segmentId)` and `acknowledge(alertId)` act. */
export function createAlerts({list, count, none}, {open, acknowledge}) {
  const create = alert => alertRow(alert, open, acknowledge)
  return (alerts, now) => {
    say(count, String(alerts.length))
    none.hidden = alerts.length > 0
    const update = (row, alert) => updateAlert(row, alert, now)
    keyedList(list, inOrder(alerts), {key: alert => alert.alert_id, create, update})
  }
}

function alertRow(alert, open, acknowledge) {
  const go = element("button", {type: "button", className: "row"},
    element("span", {className: "name"}),
    element("span", {className: "chip"}),
    element("span", {className: "note"}),
    element("span", {className: "seen"}))
  const accept = element("button", {type: "button", className: "accept"}, "Acknowledge")
  go.addEventListener("click", () => open(alert.segment_id))
  accept.addEventListener("click", () => acknowledge(alert.alert_id, accept))
  return element("li", {className: "alert"}, go, accept)
}

function updateAlert(row, alert, now) {
  const [go, accept] = row.children
  const [name, chip, note, seen] = go.children
  const title = alert.name ?? alert.segment_id
  row.dataset.level = alert.level
  say(chip, alert.level)
  say(name, title)
  say(note, alertNote(alert, now))
  accept.hidden = alert.acknowledged_at != null
  accept.setAttribute("aria-label", `Acknowledge ${title}`)
  say(seen, seenBy(alert, now))
}

function alertNote(alert, now) {
  const since = `since ${clock(alert.opened_at, now)}, ${duration(now - alert.opened_at)}`
  return [alert.district, since].filter(Boolean).join(" · ")
}

function seenBy(alert, now) {
  if (alert.acknowledged_at == null) return ""
  return `✓ ${alert.acknowledged_by ?? "acknowledged"}, ${clock(alert.acknowledged_at, now)}`
}

/** Returns `show(ranked, search, classOf, {scale, theme})`; `open(segmentId)` acts. */
export function createWorst({list, none}, open) {
  const create = segment => segmentRow(segment, open)
  return (ranked, search, classOf, {scale, theme}) => {
    const shown = search ? ranked.filter(matching(search)).slice(0, FOUND) : ranked.slice(0, WORST)
    none.hidden = shown.length > 0
    const update = (row, segment) => updateSegment(row, segment, classOf(segment), scale, theme)
    keyedList(list, shown, {key: segment => segment.id, create, update})
  }
}

function matching(search) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  return segment => {
    const text = `${segment.name} ${segment.district ?? ""} ${segment.id}`.toLowerCase()
    return words.every(word => text.includes(word))
  }
}

function segmentRow(segment, open) {
  const parts = ["mark", "name", "main", "note"]
  const go = element("button", {type: "button", className: "row"},
    parts.map(className => element("span", {className})))
  go.addEventListener("click", () => open(segment.id))
  return element("li", {}, go)
}

function updateSegment(row, segment, k, scale, theme) {
  const [mark, name, main, note] = row.firstElementChild.children
  const look = `${k} ${theme}`
  if (mark.dataset.look !== look) {
    mark.dataset.look = look
    mark.replaceChildren(swatch(k, theme, 26))
  }
  say(name, segment.name)
  say(main, k == null ? "" : scale.figure(segment))
  say(note, [segment.district, figures(segment)].filter(Boolean).join(" · "))
}

/** One line of a segment's values, as lists and tooltips tell them. */
export function figures(segment) {
  if (segment.updated_at == null) return "no data"
  const speed = `${number(segment.speed)} of ${number(segment.free_flow_speed)} km/h`
  return segment.los == null ? speed : `${speed} · ${segment.los}`
}
