// Acknowledging alerts, and taking that back: what is on its way, and what failed.

import {title} from "./choice.js"

const SAID = {
  acknowledge: {done: "Acknowledged", failed: "Not acknowledged"},
  undo: {done: "Acknowledgement taken back", failed: "Not taken back"},
}

/**
 * `{act, of}`: `act(alert, doing)` does "acknowledge" or "undo"; `of(alert)` is what became of it,
 * `{doing, busy, fault}`. `taken(row)` is told of the alert as it is then, `changed()` of every step.
 */
export function createAcks({api, taken, changed, speak}) {
  const steps = new Map()

  async function act(alert, doing) {
    const id = alert.alert_id
    if (steps.get(id)?.busy) return
    steps.set(id, {doing, busy: true, fault: null})
    changed()
    try {
      const path = `api/alerts/${encodeURIComponent(id)}/acknowledge`
      const row = await (doing === "undo" ? api.del(path) : api.post(path))
      steps.delete(id)
      taken(row)
      speak(`${SAID[doing].done}: ${title(alert)}`)
    } catch (fault) {
      const words = `${SAID[doing].failed}: ${fault.message}`
      steps.set(id, {doing, busy: false, fault: words})
      speak(words)
    }
    changed()
  }

  return {act, of: alert => standing(alert, steps.get(alert.alert_id))}
}

// What somebody else has done meanwhile needs no second try.
function standing(alert, step) {
  if (!step) return null
  const isDone = (alert.acknowledged_at != null) === (step.doing === "acknowledge")
  return isDone ? null : step
}
