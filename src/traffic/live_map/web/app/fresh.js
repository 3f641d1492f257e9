// Which alerts nobody at this screen has looked at yet.

import {rank} from "./news.js"

// Two environments answer in turn, seconds apart: an alert may go missing for a poll and return.
const GONE_KEPT_MS = 10_000

/**
 * What is known of each alert after `alerts` were seen at `now` (ms): its `level`, and `fresh`,
 * which is "new" or "escalated" until looked at and null then. `before` is null where nothing is
 * remembered, as on the first visit: nothing is new then. An acknowledged alert was looked at.
 */
export function noticed(before, alerts, now) {
  const gone = [...before ?? []].filter(([, one]) => now - one.at < GONE_KEPT_MS)
  return new Map([...gone, ...alerts.map(alert =>
    [alert.alert_id, {level: alert.level, fresh: freshness(before, alert), at: now}])])
}

function freshness(before, alert) {
  if (!before || alert.acknowledged_at != null) return null
  const old = before.get(alert.alert_id)
  if (!old) return "new"
  return rank(alert) > rank(old) ? "escalated" : old.fresh
}

/** The alerts that became new or escalated between two states of `noticed`. */
export const justCame = (before, after, alerts) => alerts.filter(({alert_id}) => {
  const {fresh, level} = after.get(alert_id)
  const old = before?.get(alert_id)
  return fresh != null && (old?.fresh !== fresh || old?.level !== level)
})

/** The state after one alert was looked at. */
export function lookedAt(known, alertId) {
  const one = known.get(alertId)
  return one?.fresh ? new Map(known).set(alertId, {...one, fresh: null}) : known
}
