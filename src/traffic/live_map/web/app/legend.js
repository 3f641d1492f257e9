// What colours, widths, gaps and rings mean; the switch between the scales, and between colours.

import {element, say} from "./dom.js"
import {outline, ring, swatch} from "./swatch.js"

const RINGS = [
  ["severe", false, "severe alert"], ["high", false, "alert"], ["high", true, "acknowledged"],
]

/**
 * Fill `form`. `chosen(id)` is called when another scale is picked, `coloured(name)` when
 * other colours are: "signal", or null for the usual ones. Returns `show(scale, look)`.
 */
export function createLegend(form, scales, {chosen, coloured}) {
  const key = element("ol", {className: "key"})
  const rings = element("ul", {className: "rings", "aria-label": "What outlines and rings mean"})
  const note = element("p", {className: "note"})
  const signal = element("input", {type: "checkbox", name: "signal"})
  signal.addEventListener("change", () => coloured(signal.checked ? "signal" : null))
  form.replaceChildren(
    element("div", {className: "choices"}, switcher(scales, chosen),
      element("label", {className: "colours"}, signal, element("span", {}, "Green to red"))),
    key, rings, note)
  form.addEventListener("submit", event => event.preventDefault())
  return (scale, look) => {
    form.elements.scale.value = scale.id
    signal.checked = look.endsWith("signal")
    key.replaceChildren(...entries(scale, look))
    rings.replaceChildren(element("li", {}, outline(look), element("span", {}, "incident and head")),
      ...RINGS.map(([level, seen, words]) =>
        element("li", {}, ring(level, seen, look), element("span", {}, words))))
    say(note, `${scale.note} Gaps mark the two worst classes.`)
  }
}

const switcher = (scales, chosen) => element("fieldset", {className: "switch"},
  element("legend", {className: "unseen"}, "Colour the roads by"),
  Object.values(scales).map(scale => option(scale, chosen)))

function option(scale, chosen) {
  const input = element("input", {type: "radio", name: "scale", value: scale.id})
  input.addEventListener("change", () => chosen(scale.id))
  return element("label", {}, input, element("span", {}, scale.name))
}

const entries = (scale, look) => [
  ...scale.labels.map((label, k) => entry(k, label, look)),
  entry(null, "no data", look),
]

const entry = (k, label, look) =>
  element("li", {}, swatch(k, look), element("span", {}, label))
