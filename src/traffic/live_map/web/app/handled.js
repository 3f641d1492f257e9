// How bad an alert is, and whether somebody sees to it.

const RANK = {__proto__: null, severe: 2, high: 1}

/** How bad an alert's level is; 0 where it is not known. */
export const rank = alert => RANK[alert.level] ?? 0

/** Whether someone closed an alert by hand, and its level has not risen since. */
export const isClosed = alert => alert.closed_level != null && rank(alert) <= rank({level: alert.closed_level})

/** Whether somebody acknowledged or closed an alert, and that still counts. */
export const isHandled = alert => alert.acknowledged_at != null && (alert.closed_level == null || isClosed(alert))
