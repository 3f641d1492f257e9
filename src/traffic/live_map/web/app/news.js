// Alerts: their order, and what changed between two polls, in words to be read out.

const RANK = {severe: 2, high: 1}

/** How bad an alert's level is; 0 where it is not known. */
export const rank = alert => RANK[alert.level] ?? 0

/** Worst first; within a level those that nobody acknowledged, then the newest. */
export const inOrder = alerts => [...alerts].sort((a, b) =>
  rank(b) - rank(a)
  || (a.acknowledged_at != null) - (b.acknowledged_at != null)
  || b.opened_at - a.opened_at)

/** Sentences about alerts that opened, changed their level, or cleared. */
export function news(before, after) {
  const old = new Map(before.map(alert => [alert.alert_id, alert]))
  const present = new Set(after.map(alert => alert.alert_id))
  return [
    ...after.flatMap(alert => told(old.get(alert.alert_id), alert)),
    ...before.filter(alert => !present.has(alert.alert_id)).map(alert => `Cleared: ${place(alert)}`),
  ]
}

/** `I-405 N, Los Angeles`. */
export const place = alert =>
  [alert.name ?? alert.segment_id, alert.district].filter(Boolean).join(", ")

/** `New severe congestion: I-405 N, Los Angeles`; `isNew` says whether it opened just now. */
export const headline = (alert, isNew) =>
  isNew ? `New ${alert.level} congestion: ${place(alert)}` : `Now ${alert.level}: ${place(alert)}`

function told(before, alert) {
  if (before?.level === alert.level) return []
  return [headline(alert, !before)]
}
