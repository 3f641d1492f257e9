// A display that is read from afar and has no pointer: nothing to press, and no row cut in half.

import {$, say} from "./dom.js"

/** Make the page a wall display's. */
export function beWall() {
  document.documentElement.dataset.wall = ""
  for (const id of ["skip", "lists", "legend"]) $(id).inert = true
}

/** Show the first rows of `list` that fit, and in `more` how many others there are. */
export function fitRows(list, more) {
  const rows = [...list.children]
  for (const row of rows) row.classList.remove("beyond")
  more.hidden = true
  if (list.scrollHeight <= list.clientHeight) return
  more.hidden = false
  const bottom = list.getBoundingClientRect().bottom
  const beyond = rows.filter(row => row.getBoundingClientRect().bottom > bottom + 1)
  for (const row of beyond) row.classList.add("beyond")
  say(more, `and ${beyond.length} more`)
}
