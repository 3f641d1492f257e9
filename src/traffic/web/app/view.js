// What the address says after `#`: segment, scale, theme, each optional, so that a view can be
// bookmarked, sent, and set on a wall display. Nothing else is read from it, or kept in it.

const NAMES = ["segment", "scale", "theme"]

/** The view that a fragment such as `#segment=I-405-N-1&theme=dark` asks for. */
export function parseView(hash) {
  const asked = new URLSearchParams(hash.replace(/^#/, ""))
  return Object.fromEntries(NAMES.map(name => [name, asked.get(name)]))
}

/** Show `view` in the address, without a step in the browser's history. */
export function showView(view) {
  const kept = Object.entries(view).filter(([, value]) => value)
  const hash = new URLSearchParams(kept).toString()
  history.replaceState(null, "", location.pathname + location.search + (hash ? `#${hash}` : ""))
}
