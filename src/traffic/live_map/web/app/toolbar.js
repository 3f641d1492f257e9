// What of the alerts is listed and how it is sorted, as controls above the list.

import {isNarrowed, SORTS} from "./choice.js"
import {element} from "./dom.js"

const LEVELS = [["", "All levels"], ["severe", "Severe"], ["high", "High"]]

/**
 * Fill `form`, shown and hidden by `button`. `changed(choice)` is called when the viewer
 * chooses, `exported()` when they want a file of what is listed. Returns `{show, districts}`:
 * `show(choice)` shows a choice, `districts(names)` sets those on offer.
 */
export function createToolbar(form, button, changed, exported) {
  const search = element("input", {type: "search", placeholder: "Find an alert", autocomplete: "off", spellcheck: false,
    "aria-label": "Find an alert by road, district or id"})
  const sort = select("Sort alerts", Object.entries(SORTS).map(([id, {name}]) => [id, name]))
  const district = select("District", [["", "All districts"]])
  const level = select("Level", LEVELS)
  const unusual = element("input", {type: "checkbox"}), unacknowledged = element("input", {type: "checkbox"})
  const file = element("button", {type: "button", className: "quiet", title: "Save what is listed as a CSV file"}, "Export")
  file.addEventListener("click", exported)
  form.replaceChildren(search, sort, district, level, element("label", {}, unusual, " Unusual only"),
    element("label", {}, unacknowledged, " Not acknowledged"), file)
  const open = isOpen => {
    form.hidden = !isOpen
    button.setAttribute("aria-expanded", String(isOpen))
  }
  button.addEventListener("click", () => open(form.hidden))
  form.addEventListener("submit", event => event.preventDefault())
  form.addEventListener("input", () => changed({
    search: search.value.trim() || null, district: district.value || null, level: level.value || null,
    unusual: unusual.checked || null, unacknowledged: unacknowledged.checked || null, sort: sort.value === "worst" ? null : sort.value,
  }))
  return {
    show(choice) {
      if (search.value.trim() !== (choice.search ?? "")) search.value = choice.search ?? ""
      sort.value = choice.sort in SORTS ? choice.sort : "worst"
      pick(district, choice.district)
      pick(level, choice.level)
      unusual.checked = Boolean(choice.unusual)
      unacknowledged.checked = Boolean(choice.unacknowledged)
      button.dataset.active = String(isNarrowed(choice))
      if (isNarrowed(choice) || choice.sort) open(true)
    },
    districts(names) {
      const chosen = district.value
      district.replaceChildren(...options([["", "All districts"], ...names.map(name => [name, name])]))
      pick(district, chosen)
    },
  }
}

const select = (label, entries) => element("select", {"aria-label": label}, options(entries))

const options = entries => entries.map(([value, name]) => element("option", {value}, name))

// What the address asks for may not be on offer, or not yet: it is offered then.
function pick(list, value) {
  const wanted = value ?? ""
  if (![...list.options].some(one => one.value === wanted)) list.append(...options([[wanted, wanted]]))
  list.value = wanted
}
