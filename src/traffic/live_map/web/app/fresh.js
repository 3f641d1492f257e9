// Which alerts nobody at this screen has looked at yet.

import {isHandled, rank} from "./handled.js"

// Two environments answer in turn, seconds apart: an alert may go missing for a poll and return.
const GONE_KEPT_MS = 10_000

/**
 * What is known of each alert after `alerts` were seen at `now` (ms): its `level`, and `fresh`,
 * which is "new" or "escalated" until looked at and null then. `before` is null where nothing is
 * remembered, as on the first visit: nothing is new then. An acknowledged alert was looked at,
 * unless it was closed and its level rose.
 */
export function noticed(before, alerts, now) {
  const gone = [...before ?? []].filter(([, one]) => now - one.at < GONE_KEPT_MS)
  return new Map([...gone, ...alerts.map(alert =>
    [alert.alert_id, {level: alert.level, fresh: freshness(before, alert), at: now}])])
}

function freshness(before, alert) {
  if (!before || isHandled(alert)) return null
  const old = before.get(alert.alert_id)
  if (!old) return "new"
  return rank(alert) > rank(old) ? "escalated" : old.fresh
}

/** The state after one alert was looked at. */
export function lookedAt(known, alertId) {
  const one = known.get(alertId)
  return one?.fresh ? new Map(known).set(alertId, {...one, fresh: null}) : known
}
