// Rows keep their place while somebody is about to click one: a list that sorts itself under the
// pointer makes people hit the wrong row.

const IDLE_MS = 30_000 // a pointer that was left lying on the list does not freeze it for ever

/** The rows to show while held: those that were shown, gone or not, then the new ones. */
export function inPlace(shown, wanted, key) {
  const now = new Map(wanted.map(one => [key(one), one]))
  const known = new Set(shown.map(key))
  return [...shown.map(one => now.get(key(one)) ?? one), ...wanted.filter(one => !known.has(key(one)))]
}

/**
 * Whether `list` is in somebody's hands: a pointer is over it, a finger touched it, or keys moved
 * the focus into it; until the pointer or the focus leaves, something else is touched, or nothing
 * happened for IDLE_MS. `released()` is called then. Returns `held()`.
 */
export function createHold(list, released) {
  const by = {pointer: false, focus: false}
  let idle = null
  const held = () => by.pointer || by.focus
  const release = () => {
    by.pointer = by.focus = false
    clearTimeout(idle)
    released()
  }
  const stay = (what = null) => {
    if (what) by[what] = true
    clearTimeout(idle)
    if (held()) idle = setTimeout(release, IDLE_MS)
  }
  const leave = what => {
    if (!by[what]) return
    by[what] = false
    if (!held()) release()
  }
  for (const type of ["pointerover", "pointermove", "pointerdown"]) list.addEventListener(type, () => stay("pointer"))
  for (const type of ["keydown", "wheel"]) list.addEventListener(type, () => stay(), {passive: true})
  list.addEventListener("focusin", event => event.target.matches(":focus-visible") && stay("focus"))
  list.addEventListener("focusout", event => list.contains(event.relatedTarget) || leave("focus"))
  // A list that shrinks under a pointer that rests sends pointerleave, so only one that moves has
  // left. A finger that is lifted has left by name only: it comes back for the next row.
  const moved = event => event.pointerType === "touch" || list.contains(event.target) || leave("pointer")
  document.addEventListener("pointermove", moved)
  document.documentElement.addEventListener("pointerleave", moved)
  document.addEventListener("pointerdown", event => list.contains(event.target) || leave("pointer"))
  return held
}
