// One alert as a row of the list, or in the panel of its segment. A row has the same height and its
// buttons the same place whatever happens, so that none slides under a pointer.

import {title} from "./choice.js"
import {element, say} from "./dom.js"
import {clock, duration, number} from "./format.js"

const ARROWS = {worse: "↗ worse", steady: "→ steady", better: "↘ better"}

/** Buttons and words to acknowledge an alert; `act(doing)` is told "acknowledge" or "undo". */
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
    fault: element("span", {className: "fault"}),
  }
}

/** Show an alert's acknowledgement in its controls; `step` is `of(alert)` of acks.js. */
export function showControls({accept, done, seen, undo, fault}, alert, step, now, gone = false) {
  const isSeen = alert.acknowledged_at != null
  accept.hidden = isSeen || gone
  done.hidden = !isSeen || gone
  undo.hidden = !isSeen || gone
  label(accept, "Acknowledge", step, title(alert))
  label(undo, "Undo", step, title(alert))
  say(seen, isSeen ? `${clock(alert.acknowledged_at, now)} ${alert.acknowledged_by ?? ""}`.trim() : "")
  explain(seen)
  say(fault, gone ? "" : step?.fault ?? "")
  explain(fault)
}

// What may be cut off at the end of a line is whole in its title.
function explain(node) {
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
    go.focus({preventScroll: true}) // the button that was pressed goes
    act(row.alert, doing)
  })
  const [name, chip, badge, note, figures] = ["name", "chip", "badge", "note", "figures"]
    .map(className => element("span", {className}))
  const go = element("button", {type: "button", className: "row"},
    name, chip, badge, note, element("span", {className: "line"}, figures, parts.seen), parts.fault)
  go.addEventListener("click", () => open(row.alert))
  row.append(go, parts.accept, parts.done, parts.undo)
  row.parts = {...parts, name, chip, badge, note, figures}
  return row
}

/** Show `alert` in a row. `facts`: `{speed, free, trend, silent}`; `fresh` as in fresh.js; `gone`: it cleared. */
export function updateRow(row, alert, {facts, step, fresh, gone, now}) {
  const {name, chip, badge, note, figures} = row.parts
  row.alert = alert
  row.dataset.level = gone ? "gone" : alert.level
  row.classList.toggle("failed", Boolean(step?.fault) && !gone)
  say(name, title(alert))
  say(chip, gone ? "cleared" : alert.level)
  say(badge, gone ? "" : fresh ?? "")
  say(note, alertNote(alert, now))
  explain(note)
  say(figures, alertFigures(facts))
  showControls(row.parts, alert, step, now, gone)
  if (fresh && row.dataset.fresh !== fresh) flash(row)
  row.dataset.fresh = fresh ?? ""
}

/** An alert in the panel of its segment: `{box, show(alert, step, now)}`; without an alert it hides. */
export function createAlarm(act) {
  const shown = {alert: null}
  const parts = createControls(doing => act(shown.alert, doing))
  const [chip, note] = ["chip", "note"].map(className => element("span", {className}))
  const box = element("div", {className: "alarm", role: "group", "aria-label": "Open alert", hidden: true},
    chip, note, parts.accept, parts.done, parts.seen, parts.undo, parts.fault)
  const show = (alert, step, now) => {
    box.hidden = !alert
    shown.alert = alert
    if (!alert) return
    box.dataset.level = alert.level
    say(chip, alert.level)
    say(note, `since ${clock(alert.opened_at, now)}, ${duration(now - alert.opened_at)}`)
    showControls(parts, alert, step, now)
  }
  return {box, show}
}

function alertNote(alert, now) {
  const since = `since ${clock(alert.opened_at, now)}, ${duration(now - alert.opened_at)}`
  return [alert.district, since].filter(Boolean).join(" · ")
}

function alertFigures({silent, trend, ...values}) {
  if (silent) return "no sensor reports"
  return `${speedOf(values)} · ${ARROWS[trend] ?? "trend unknown"}`
}

/** `13 of 111 km/h`; what is not known is said. */
export function speedOf({speed, free}) {
  if (!Number.isFinite(speed)) return "speed unknown"
  return Number.isFinite(free) ? `${number(speed)} of ${number(free)} km/h` : `${number(speed)} km/h, free flow unknown`
}

// A script's animation, since the style sheet's begins again whenever a row is moved.
function flash(row) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return
  row.animate([{backgroundColor: "var(--flash)"}, {backgroundColor: "transparent"}], {duration: 900, iterations: 3})
}
