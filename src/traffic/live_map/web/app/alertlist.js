// The list of open incidents and alerts: its rows, its count, and the words where nothing or not all is listed.

import {createRow, updateRow} from "./alertrow.js"
import {element, keyedList, say} from "./dom.js"
import {number} from "./format.js"
import {createHold, inPlace} from "./hold.js"
import {createIncidentRow, updateIncidentRow} from "./incidentrow.js"
import {alertsOf, itemKey as key} from "./incidents.js"

/**
 * Returns `show({listed, open, context, detail, whole, segments, told, now})`: `listed` are the items to
 * list, in order; `open` all that are open; rows are sorted at once where `context` is another than
 * before; `detail(alert)` gives `{facts, step, fresh}`, `whole(item)` of an incident `{step, fresh,
 * isOpen}`; `told` are the sentences of known.js. `opened(alert)`, `toggled(item)`, `act(item, doing)`,
 * `looked(key)` and `widened()` act; `released()` is called when rows may move again.
 */
export function createAlerts({list, what, count, later, none}, {opened, toggled, act, looked, widened, released}) {
  const held = createHold(list, released)
  const tell = createTold(none, widened)
  const create = item => item.incident ? createIncidentRow({toggled, opened, act}) : createRow(opened, act)
  let shown = [], sorted = 0, before = null
  onLook(list, looked)
  return ({listed, open, context, detail, whole, segments, told, now}) => {
    const isHeld = held() && context === before
    const current = new Map(open.map(one => [key(one), one]))
    shown = isHeld ? inPlace(shown, listed, key).map(one => current.get(key(one)) ?? one) : listed
    if (!isHeld) sorted = shown.length
    before = context
    const some = listed.length < open.length
    const hasIncidents = open.some(one => one.incident)
    say(what, hasIncidents ? "Incidents" : "Open alerts")
    list.setAttribute("aria-label", hasIncidents ? "Open incidents and alerts" : "Open alerts")
    say(count, some ? `${counted(listed, hasIncidents)} of ${counted(open, hasIncidents)}` : counted(open, hasIncidents))
    say(later, shown.length > sorted ? `${number(shown.length - sorted)} new ↓` : "")
    const alerts = new Map(open.flatMap(alertsOf).map(one => [one.alert_id, one]))
    keyedList(list, shown, {key, create, update: (row, item) => {
      const gone = !current.has(key(item))
      if (!item.incident) updateRow(row, item, {...detail(item), gone, now})
      else updateIncidentRow(row, item, {...whole(item), detail, open: alerts, segments, held: isHeld, gone, now})
    }})
    tell(told, listed.length ? 0 : open.length, hasIncidents)
  }
}

// Incidents, and beside them the alerts that are in none.
function counted(items, hasIncidents) {
  const incidents = items.filter(one => one.incident).length
  const alone = items.length - incidents
  if (!hasIncidents) return number(alone)
  return alone ? `${number(incidents)} + ${number(alone)} ${alone === 1 ? "alert" : "alerts"}` : number(incidents)
}

// A pointer that only lies there looks at nothing: it has to move.
function onLook(list, looked) {
  for (const type of ["pointermove", "pointerdown", "focusin"]) {
    list.addEventListener(type, event => {
      const row = event.target.closest("li")
      if (row?.dataset.fresh) looked(row.dataset.key)
    })
  }
}

function hiddenWords(hidden, hasIncidents) {
  if (hidden === 1) return `The only open ${hasIncidents ? "incident" : "alert"} does not fit what you chose.`
  return `None of ${number(hidden)} open ${hasIncidents ? "incidents and alerts" : "alerts"} fits what you chose.`
}

// What is said below the list; `hidden` items, if none of them is listed.
function createTold(none, widened) {
  const text = element("span"), command = element("code"), all = element("button", {type: "button", className: "quiet"}, "Show all")
  all.addEventListener("click", widened)
  none.replaceChildren(text, " ", command, all)
  return (told, hidden, hasIncidents) => {
    const words = hidden ? hiddenWords(hidden, hasIncidents) : told.text
    say(text, words)
    say(command, hidden ? "" : told.command ?? "")
    all.hidden = !hidden
    none.hidden = !words
  }
}
