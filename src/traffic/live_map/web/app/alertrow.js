// One alert as a row of the list, or in the panel of its segment. A row has the same height and its
// buttons the same place whatever happens, so that none slides under a pointer.

import {title} from "./choice.js"
import {element, say} from "./dom.js"
import {clock, inUnit, number, since, speed as words} from "./format.js"
import {isHandled} from "./handled.js"

const ARROWS = {worse: "↗ worse", steady: "→ steady", better: "↘ better"}

/** Buttons and words to acknowledge an alert; `act(doing)` is called with "acknowledge", "undo" or "note". */
export function createControls(act) {
  const button = (className, doing) => {
    const made = element("button", {type: "button", className})
    made.addEventListener("click", () => act(doing))
    return made
  }
  return {
    accept: button("accept", "acknowledge"),
    done: element("span", {className: "done"}, "✓ Acknowledged"),
    seen: element("span", {className: "seen"}),
    undo: button("undo", "undo"),
    pen: button("pen", "note"),
    fault: element("span", {className: "fault"}),
  }
}

/** Show an alert's acknowledgement in its controls, `brief` where that is too long; `step` is `of(alert)` of acks.js. */
export function showControls({accept, done, seen, undo, pen, fault}, alert, step, now, gone = false) {
  const isSeen = isHandled(alert)
  accept.hidden = isSeen || gone
  done.hidden = !isSeen || gone
  say(done, alert.closed_level == null ? "✓ Acknowledged" : "✓ Closed")
  undo.hidden = !isSeen || gone
  pen.hidden = gone
  say(pen, "✎")
  pen.title = isSeen ? "Note, or take over" : "With a note"
  pen.setAttribute("aria-label", `Note on ${title(alert)}`)
  label(accept, "Acknowledge", step, title(alert))
  label(undo, "Undo", step, title(alert))
  const whole = isSeen ? [`${clock(alert.acknowledged_at, now)} ${alert.acknowledged_by ?? ""}`.trim(), noteOf(alert)].filter(Boolean).join(" · ") : ""
  say(seen, alert.brief ?? whole)
  if (seen.title !== whole) seen.title = whole
  say(fault, gone ? "" : step?.fault ?? "")
  explain(fault)
}

/** What may be cut off at the end of a line is whole in its title. */
export function explain(node) {
  if (node.title !== node.textContent) node.title = node.textContent
}

function label(button, name, step, what) {
  say(button, step?.fault ? "Retry" : name)
  button.setAttribute("aria-label", step?.fault ? `Retry: ${name} ${what}` : `${name} ${what}`)
  button.setAttribute("aria-busy", String(Boolean(step?.busy)))
}

/** A row; `open(alert)` and `act(alert, doing)` act on the alert that it shows. */
export function createRow(open, act) {
  const row = element("li", {className: "alert"})
  const parts = createControls(doing => {
    if (doing !== "note") go.focus({preventScroll: true}) // the button that was pressed goes
    act(row.alert, doing)
  })
  const [name, chip, badge, note, figures] = ["name", "chip", "badge", "note", "figures"]
    .map(className => element("span", {className}))
  const go = element("button", {type: "button", className: "row"},
    name, chip, badge, note, element("span", {className: "line"}, figures, parts.seen), parts.fault)
  go.addEventListener("click", () => open(row.alert))
  row.append(go, parts.accept, parts.done, parts.undo, parts.pen)
  row.parts = {...parts, name, chip, badge, note, figures}
  return row
}

/** Show `alert` in a row. `facts`: `{speed, free, trend, silent}`; `fresh` as in fresh.js; `gone`: it cleared. */
export function updateRow(row, alert, {facts, step, fresh, gone, now}) {
  const {name, note, figures} = row.parts
  row.alert = alert
  say(name, title(alert))
  say(note, alertNote(alert, now))
  explain(note)
  say(figures, alertFigures(facts))
  showControls(row.parts, {...alert, note: null}, step, now, gone) // it has a line of its own
  showStanding(row, row, {level: alert.level, step, fresh, gone})
}

/** Show on `box`, which may be a part of `row`, how bad it is, whether it is new, and what failed. */
export function showStanding(row, box, {level, step, fresh, gone}) {
  const {chip, badge} = row.parts
  box.dataset.level = gone ? "gone" : level
  box.classList.toggle("failed", Boolean(step?.fault) && !gone)
  say(chip, gone ? "cleared" : level === "none" ? "unusual" : level)
  say(badge, gone ? "" : fresh ?? "")
  if (fresh && row.dataset.fresh !== fresh) flash(box)
  row.dataset.fresh = fresh ?? ""
}

/** An alert in the panel of its segment: `{box, show(alert, step, now)}`; without an alert it hides. */
export function createAlarm(act) {
  const shown = {alert: null}
  const parts = createControls(doing => act(shown.alert, doing))
  const [chip, note] = ["chip", "note"].map(className => element("span", {className}))
  const box = element("div", {className: "alarm", role: "group", "aria-label": "Open alert", hidden: true},
    chip, note, parts.accept, parts.done, parts.seen, parts.undo, parts.pen, parts.fault)
  const show = (alert, step, now) => {
    box.hidden = !alert
    shown.alert = alert
    if (!alert) return
    box.dataset.level = alert.level
    say(chip, alert.level)
    say(note, since(alert.opened_at, now))
    showControls(parts, alert, step, now)
  }
  return {box, show}
}

// A controller's note says more than the district, which the name mostly has.
function alertNote(alert, now) {
  const when = since(alert.opened_at, now)
  return (alert.note ? [when, noteOf(alert)] : [alert.district, when]).filter(Boolean).join(" · ")
}

/** The note of an alert or an incident, as it is marked everywhere. */
export const noteOf = ({note}) => note ? `✎ ${note}` : null

function alertFigures({silent, trend, ...values}) {
  if (silent) return "no sensor reports"
  return `${speedOf(values)} · ${ARROWS[trend] ?? "trend unknown"}`
}

/** `13 of 111 km/h`; what is not known is said. */
export function speedOf({speed, free}) {
  if (!Number.isFinite(speed)) return "speed unknown"
  return Number.isFinite(free) ? `${number(inUnit(speed))} of ${words(free)}` : `${words(speed)}, free flow unknown`
}

// A script's animation, since the style sheet's begins again whenever a row is moved.
function flash(row) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return
  row.animate([{backgroundColor: "var(--flash)"}, {backgroundColor: "transparent"}], {duration: 900, iterations: 3})
}
