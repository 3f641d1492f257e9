// Asks again and again: every 2 s while it works, ever more rarely while it does not.

export const POLL_MS = 2_000
const HIDDEN_MS = 30_000 // nobody looks; a wall display is never hidden
const LONGEST_WAIT_MS = 30_000

/** Wait before the next try after `failures` in a row; `chance` 0-1 spreads many pages. */
export function waitAfter(failures, chance) {
  const longest = Math.min(LONGEST_WAIT_MS, POLL_MS * 2 ** (failures - 1))
  return longest * (0.75 + 0.25 * chance)
}

/**
 * Calls `ask` until stopped. `lost(fault, retryAt)` after each failure, `back()` after the
 * first success that follows one.
 */
export function createPoller({ask, lost, back}) {
  let timer = null, failures = 0, running = false, stopped = false
  const plan = wait => {
    clearTimeout(timer)
    if (!stopped) timer = setTimeout(run, wait)
  }
  const worked = began => {
    if (failures) back()
    failures = 0
    plan(Math.max(0, (document.hidden ? HIDDEN_MS : POLL_MS) - (performance.now() - began)))
  }
  const failed = fault => {
    if (stopped) return
    const wait = waitAfter(++failures, Math.random())
    lost(fault, Date.now() + wait)
    plan(wait)
  }
  const run = async () => {
    if (running || stopped) return
    running = true
    const began = performance.now()
    await ask().then(() => worked(began), failed)
    running = false
  }
  const soon = () => plan(0)
  document.addEventListener("visibilitychange", () => document.hidden || soon())
  addEventListener("online", soon)
  soon()
  return {soon, stop: () => { stopped = true; clearTimeout(timer) }}
}
