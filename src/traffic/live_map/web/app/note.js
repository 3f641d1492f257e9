// The dialog in which a controller acknowledges with a note, changes it, or takes over from someone else.

import {element, say} from "./dom.js"
import {clock} from "./format.js"
import {isHandled} from "./handled.js"
import {acknowledgement, alertsOf} from "./incidents.js"

const MOST_NOTE = 170 // of the live API's 200, which count the reason
const REASONS = ["false alarm", "planned works or event", "handled elsewhere"]

/**
 * `{ask, show}`: `ask(item)` opens the dialog; `show(current, now)` tells it how things are: `current(item)`
 * is that item as it is now, null once it is over. `me` is the viewer; `save(item, words, reason)` throws what failed.
 */
export function createNote({me, save, name}) {
  const title = element("h2", {id: "note-title"})
  const owner = element("p", {className: "owner", role: "status"})
  const words = element("input", {type: "text", id: "note-words", maxLength: MOST_NOTE, autocomplete: "off"})
  const reason = element("select", {id: "note-close"}, element("option", {value: ""}, "Keep it in the list"),
    REASONS.map(one => element("option", {value: one}, `Close it: ${one}`)))
  const fault = element("p", {className: "fault", role: "alert"})
  const go = element("button", {type: "submit", className: "go"})
  const cancel = element("button", {type: "button", className: "quiet"}, "Cancel")
  const form = element("form", {method: "dialog"}, title, owner,
    element("label", {htmlFor: "note-words"}, "Note, for everyone at the map"), words,
    element("label", {htmlFor: "note-close"}, "Keep or close (a closed one comes back if its level rises)"), reason, fault,
    element("p", {className: "buttons"}, cancel, go))
  const box = element("dialog", {id: "note", "aria-labelledby": "note-title"}, form)
  document.body.append(box)
  let asked = null, turn = 0 // the item as it was last known, and how often was asked
  reason.addEventListener("change", () => tell(asked, Date.now()))
  cancel.addEventListener("click", () => box.close())
  form.addEventListener("submit", event => {
    event.preventDefault()
    if (go.getAttribute("aria-busy") !== "true") send()
  })

  function ask(item) {
    asked = item
    turn += 1
    say(title, name(item))
    words.value = standing(item).note ?? ""
    reason.value = ""
    say(fault, "")
    tell(item, Date.now())
    box.showModal()
    words.select()
  }

  async function send() {
    const mine = turn
    go.setAttribute("aria-busy", "true")
    say(fault, "")
    const error = await save(asked, words.value, reason.value || undefined).then(() => null, error => error)
    go.setAttribute("aria-busy", "false")
    if (turn !== mine) return
    if (error) say(fault, `Not saved: ${error.message}`)
    else box.close()
  }

  function tell(item, now) {
    const known = standing(item)
    const {acknowledged_at, acknowledged_by, closed_level, note, of} = known
    const isMine = acknowledged_by === me
    const part = of.count && of.count < of.all ? `, ${of.count} of ${of.all} segments` : ""
    say(owner, acknowledged_at == null ? "Not acknowledged yet"
      : `${closed_level == null ? "Acknowledged" : "Closed"} by ${isMine ? "you" : acknowledged_by}, ${clock(acknowledged_at, now)}${part}${note ? `: ${note}` : ""}`)
    say(go, reason.value ? "Close" : !isHandled(known) ? "Acknowledge" : isMine ? "Save note" : "Take over")
  }

  function show(current, now) {
    if (!box.open) return
    const item = current(asked)
    go.disabled = !item
    if (!item) return say(owner, "Cleared meanwhile")
    asked = item
    tell(item, now)
  }

  return {ask, show}
}

// The newest acknowledgement of an alert, or of any alert of an incident.
function standing(item) {
  const alerts = alertsOf(item)
  const {count, last, note} = acknowledgement({alerts})
  return {...last, note, of: {count, all: alerts.length}}
}
