// Acknowledging alerts and incidents, with a note or without, and taking that back: what is on its way, and what failed.

import {isHandled} from "./handled.js"
import {acknowledgement, alertsOf, itemKey, seenOf} from "./incidents.js"

const SAID = {
  acknowledge: {done: "Acknowledged", failed: "Not acknowledged"},
  undo: {done: "Acknowledgement taken back", failed: "Not taken back"},
}

/**
 * Returns `{act, note, of}`, each for an alert or for all alerts of an incident.
 * `act(item, doing)` does "acknowledge" or "undo"; a "note" opens the form by `ask(item)`.
 * `note(item, words, reason)` acknowledges with a note, or closes for a reason. It replaces an
 * acknowledgement that is shown, and throws what failed.
 * `of(item)` is what became of `act`: `{doing, busy, fault}`.
 * `taken(row)` takes each alert as it is then, `changed()` is called at every step, `name(item)` names one.
 */
export function createAcks({api, taken, changed, speak, name, ask}) {
  const steps = new Map()

  async function act(item, doing) {
    if (doing === "note") return ask(item)
    const id = itemKey(item)
    if (steps.get(id)?.busy) return
    steps.set(id, {doing, busy: true, fault: null})
    changed()
    try {
      take(item, await (doing === "undo" ? api.del(pathOf(item), {seen: seenOf(item)}) : api.post(pathOf(item), wishOf(item))))
      steps.delete(id)
      speak(`${SAID[doing].done}: ${name(item)}`)
    } catch (fault) {
      const words = `${SAID[doing].failed}: ${fault.message}`
      steps.set(id, {doing, busy: false, fault: words})
      speak(words)
    }
    changed()
  }

  async function note(item, words, reason) {
    try {
      take(item, await api.post(pathOf(item), {note: words, seen: seenOf(item), close: reason}))
    } finally {
      changed()
    }
    speak(`${reason ? "Closed" : SAID.acknowledge.done}: ${name(item)}`)
  }

  function take(item, answer) {
    const {alerts, failed, kept} = item.incident ? answer : {alerts: [answer], failed: [], kept: []}
    alerts.forEach(taken)
    const all = alerts.length + failed.length + kept.length
    if (failed.length) throw new Error(`${failed.length} of ${all} alerts could not be written`)
    if (kept.length) throw new Error(`${kept.length} of ${all} alerts were acknowledged by someone else meanwhile`)
  }

  return {act, note, of: item => standing(item, steps.get(itemKey(item)))}
}

const pathOf = ({incident, alert_id}) => incident
  ? `api/incidents/${encodeURIComponent(incident.incident_id)}/acknowledge`
  : `api/alerts/${encodeURIComponent(alert_id)}/acknowledge`

// What was closed and has risen is acknowledged again; a bare request would keep what is there.
const wishOf = item => alertsOf(item).some(one => one.closed_level != null && !isHandled(one)) ? {seen: seenOf(item)} : undefined

// What somebody else has done meanwhile needs no second try.
function standing(item, step) {
  if (!step) return null
  const alerts = alertsOf(item)
  const isDone = acknowledgement({alerts}).count === (step.doing === "acknowledge" ? alerts.length : 0)
  return isDone ? null : step
}
