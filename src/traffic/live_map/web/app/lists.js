// The list of the worst segments, or of those that a search finds.

import {speedOf} from "./alertrow.js"
import {matches} from "./choice.js"
import {element, keyedList, say} from "./dom.js"
import {createHold, inPlace} from "./hold.js"
import {isSilent} from "./scales.js"
import {swatch} from "./swatch.js"

const WORST = 12
const FOUND = 40

/**
 * Returns `show(ranked, search, classOf, {scale, theme})`; `open(segmentId)` acts, `released()` is
 * called when rows may move again.
 */
export function createWorst({list, none}, open, released) {
  const create = segment => segmentRow(segment, open)
  const held = createHold(list, released)
  const key = segment => segment.id
  let shown = [], before = null
  return (ranked, search, classOf, {scale, theme, now}) => {
    const wanted = search ? ranked.filter(matching(search)).slice(0, FOUND) : ranked.slice(0, WORST)
    const context = `${scale.id} ${search}`
    shown = held() && context === before ? inPlace(shown, wanted, key) : wanted
    before = context
    none.hidden = shown.length > 0 || !search
    const update = (row, segment) => updateSegment(row, segment, classOf(segment), {scale, theme, now})
    keyedList(list, shown, {key, create, update})
  }
}

const matching = search => ({name, district, id}) => matches(search, [name, district, id])

function segmentRow(segment, open) {
  const parts = ["mark", "name", "main", "note"]
  const go = element("button", {type: "button", className: "row"},
    parts.map(className => element("span", {className})))
  go.addEventListener("click", () => open(segment.id))
  return element("li", {}, go)
}

function updateSegment(row, segment, k, {scale, theme, now}) {
  const [mark, name, main, note] = row.firstElementChild.children
  const look = `${k} ${theme}`
  if (mark.dataset.look !== look) {
    mark.dataset.look = look
    mark.replaceChildren(swatch(k, theme, 26))
  }
  say(name, segment.name)
  say(main, k == null ? "" : scale.figure(segment))
  say(note, [segment.district, figures(segment, now)].filter(Boolean).join(" · "))
}

/** One line of a segment's values at `now` (ms), as lists and tooltips tell them. */
export function figures(segment, now) {
  if (segment.updated_at == null) return "no data"
  if (isSilent(segment, now)) return "no sensor reports"
  const speed = speedOf({speed: segment.speed, free: segment.free_flow_speed})
  return segment.los == null ? speed : `${speed} · ${segment.los}`
}
