// The list of open alerts: its rows, its count, and the words where nothing or not all is listed.

import {createRow, updateRow} from "./alertrow.js"
import {element, keyedList, say} from "./dom.js"
import {number} from "./format.js"
import {createHold, inPlace} from "./hold.js"

const key = alert => alert.alert_id

/**
 * Returns `show({listed, open, context, detail, told, now})`: `listed` are the alerts to list, in
 * order; `open` all that are open; rows are sorted at once where `context` is another than before;
 * `detail(alert)` gives `{facts, step, fresh}`; `told` are the sentences of known.js.
 * `opened(alert)`, `act(alert, doing)`, `looked(alertId)` and `widened()` act; `released()` is told
 * that rows may move again.
 */
export function createAlerts({list, count, later, none}, {opened, act, looked, widened, released}) {
  const held = createHold(list, released)
  const tell = createTold(none, widened)
  const create = () => createRow(opened, act)
  let shown = [], sorted = 0, before = null
  onLook(list, looked)
  return ({listed, open, context, detail, told, now}) => {
    const isHeld = held() && context === before
    const current = new Map(open.map(one => [key(one), one]))
    shown = isHeld ? inPlace(shown, listed, key).map(one => current.get(key(one)) ?? one) : listed
    if (!isHeld) sorted = shown.length
    before = context
    const some = listed.length < open.length
    say(count, some ? `${number(listed.length)} of ${number(open.length)}` : number(open.length))
    say(later, shown.length > sorted ? `${number(shown.length - sorted)} new ↓` : "")
    keyedList(list, shown, {key, create, update: (row, alert) =>
      updateRow(row, alert, {...detail(alert), gone: !current.has(key(alert)), now})})
    tell(told, listed.length ? 0 : open.length)
  }
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

// What is said below the list; `hidden` alerts, if none of them is listed.
function createTold(none, widened) {
  const text = element("span"), command = element("code"), all = element("button", {type: "button", className: "quiet"}, "Show all")
  all.addEventListener("click", widened)
  none.replaceChildren(text, " ", command, all)
  return (told, hidden) => {
    const words = hidden ? `None of ${number(hidden)} open ${hidden === 1 ? "alert" : "alerts"} fits what you chose.` : told.text
    say(text, words)
    say(command, hidden ? "" : told.command ?? "")
    all.hidden = !hidden
    none.hidden = !words
  }
}
