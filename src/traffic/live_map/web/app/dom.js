// What every panel needs of the document. Content is text nodes only: a name that holds
// markup is shown, never read as markup.

const SPOKEN_KEPT = 8

export const $ = id => document.getElementById(id)

/** A new element: `props` are properties, or attributes where the name has a dash. */
export function element(tag, props = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(props)) set(made, name, value)
  made.append(...children.flat().filter(child => child != null))
  return made
}

const SVG = "http://www.w3.org/2000/svg"

/** A new SVG element with attributes. */
export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children.flat().filter(child => child != null))
  return made
}

/** Write only what differs, so that nothing is painted or read out for no reason. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text
}

/** Returns `speak(words)`: adds them to a log that screen readers read out. */
export function createSpeaker(log) {
  return words => {
    log.append(element("p", {}, words))
    while (log.children.length > SPOKEN_KEPT) log.firstChild.remove()
  }
}

/**
 * Make `list` hold one child for each of `items`, in their order. Children live as long as
 * their key, so that focus, hover and scrolling survive a poll.
 */
export function keyedList(list, items, {key, create, update}) {
  const focused = list.contains(document.activeElement) ? document.activeElement : null
  const at = [...list.children].findIndex(child => child.contains(focused))
  const old = new Map([...list.children].map(child => [child.dataset.key, child]))
  const wanted = items.map(item => {
    const child = old.get(key(item)) ?? keyed(create(item), key(item))
    update(child, item)
    return child
  })
  place(list, wanted)
  if (focused) refocus(focused, list, at)
}

function set(node, name, value) {
  if (value == null || value === false) return
  if (name.includes("-") || name === "role") node.setAttribute(name, value)
  else node[name] = value
}

function keyed(child, key) {
  child.dataset.key = key
  return child
}

function place(list, wanted) {
  const kept = new Set(wanted)
  for (const child of [...list.children]) if (!kept.has(child)) child.remove()
  wanted.forEach((child, at) => {
    if (list.children[at] !== child) list.insertBefore(child, list.children[at] ?? null)
  })
}

// What is gone hands the focus on: within its row, to the row that took its place, to the list.
function refocus(focused, list, at) {
  if (focused.isConnected && !focused.hidden) return focused.focus({preventScroll: true})
  const row = focused.closest("[data-key]")?.isConnected ? focused.closest("[data-key]") : list.children[at] ?? list.lastElementChild
  const target = row?.querySelector("button:not([hidden])") ?? list
  target.focus({preventScroll: true})
}
