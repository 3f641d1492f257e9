// What colours mean, and the switch between the three scales.

import {element} from "./dom.js"
import {swatch} from "./swatch.js"

/** Fill `form`; `chosen(id)` is told when another scale is picked. Returns `show(scale, theme)`. */
export function createLegend(form, scales, chosen) {
  const key = element("ol", {className: "key"})
  const options = Object.values(scales).map(scale => option(scale, chosen))
  const switcher = element("fieldset", {className: "switch"},
    element("legend", {className: "unseen"}, "Colour the roads by"), options)
  form.replaceChildren(switcher, key)
  form.addEventListener("submit", event => event.preventDefault())
  return (scale, theme) => {
    form.elements.scale.value = scale.id
    key.replaceChildren(...entries(scale, theme))
  }
}

function option(scale, chosen) {
  const input = element("input", {type: "radio", name: "scale", value: scale.id})
  input.addEventListener("change", () => chosen(scale.id))
  return element("label", {}, input, element("span", {}, scale.name))
}

const entries = (scale, theme) => [
  ...scale.labels.map((label, k) => entry(k, label, theme)),
  entry(null, "no data", theme),
]

const entry = (k, label, theme) =>
  element("li", {}, swatch(k, theme), element("span", {}, label))
