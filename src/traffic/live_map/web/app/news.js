// Alerts: their order, and what is announced of them: an incident begins, becomes severe, or is over.

import {isHandled, rank} from "./handled.js"
import {alertsOf} from "./incidents.js"

const JOINS_MS = 15_000 // an alert is part of its incident within seconds
const KEPT_MS = 1_800_000 // an incident may have no open alert for 20 minutes

/** Worst first; within a level those that nobody sees to, then the newest. */
export const inOrder = alerts => [...alerts].sort((a, b) =>
  rank(b) - rank(a)
  || isHandled(a) - isHandled(b)
  || b.opened_at - a.opened_at)

/**
 * What to announce of `items` at `now` (ms): `due` are `{item, isNew}`, an incident when it begins and
 * when it becomes severe, once each, and likewise an alert that does not join one. `isFresh(alert)` says
 * that nobody looked at it. `told` has, by id, the worst rank announced and when it was last open.
 */
export function announced(told, items, isFresh, now) {
  const due = []
  const after = new Map([...told].filter(([, one]) => now - one.at < KEPT_MS))
  for (const item of items) {
    const before = Math.max(...idsOf(item).map(id => after.get(id)?.rank ?? 0))
    if (!before && !item.incident && now - item.opened_at < JOINS_MS) continue
    const worst = Math.max(before, rank(item.incident ?? item))
    for (const id of idsOf(item)) after.set(id, {rank: worst, at: now})
    if (worst > before && alertsOf(item).some(isFresh)) due.push({item, isNew: !before})
  }
  return {due, told: after}
}

/** The items of `before` of which nothing is open any more. */
export function over(before, after) {
  const open = new Set(after.flatMap(idsOf))
  return before.filter(item => !idsOf(item).some(id => open.has(id)))
}

const idsOf = item => [item.incident?.incident_id, ...alertsOf(item).map(one => one.alert_id)].filter(Boolean)

/** `I-405 N, Los Angeles`. */
export const place = alert =>
  [alert.name ?? alert.segment_id, alert.district].filter(Boolean).join(", ")
