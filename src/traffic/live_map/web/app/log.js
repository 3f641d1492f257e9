// The log of a shift: what was opened, cleared, and done about it in the last hours.

import {element, say} from "./dom.js"
import {clock, duration, zoneAt} from "./format.js"

const WHAT = {
  __proto__: null, // it is indexed by what the API says
  opened: "Opened", cleared: "Cleared", acknowledged: "Acknowledged", noted: "Note changed",
  handed_over: "Taken over", closed: "Closed by hand", undone: "Acknowledgement taken back",
}
const COLUMNS = ["Time", "What", "Highest", "Where", "Who", "Note"]

/** The dialog that `opener` opens; `open(segmentId)` opens a segment, `knows(segmentId)` whether there is one. */
export function createLog({opener, api, open, knows, time}) {
  const close = element("button", {type: "button", className: "quiet"}, "Close")
  const told = element("p", {className: "note", role: "status"})
  const body = element("tbody")
  const table = element("table", {}, element("thead", {}, element("tr", {}, COLUMNS.map(name => element("th", {scope: "col"}, name)))), body)
  const box = element("dialog", {id: "log", "aria-labelledby": "log-title"},
    element("header", {}, element("h2", {id: "log-title"}, "Shift log"), close), told,
    element("div", {className: "sheet", tabIndex: 0, role: "region", "aria-label": "What happened, the newest first"}, table))
  document.body.append(box)
  close.addEventListener("click", () => box.close())
  opener.addEventListener("click", async () => {
    body.replaceChildren()
    say(told, "Reading …")
    box.showModal()
    try {
      show(await api.get("api/log"))
    } catch (fault) {
      say(told, `The log is not available: ${fault.message}.`)
    }
  })

  function show({since, complete, lines}) {
    const now = time()
    const some = complete ? "" : " There was more: only the newest is shown."
    say(told, `${lines.length ? "The newest first" : "Nothing happened"}, since ${clock(since, now)} ${zoneAt(since)}.${some}`)
    table.hidden = !lines.length
    body.replaceChildren(...lines.map(line => row(line, now)))
  }

  function row(line, now) {
    const chip = element("span", {className: "chip"}, line.level)
    const cells = [clock(line.at, now), WHAT[line.what] ?? line.what, chip, where(line), line.who, noteOf(line)]
    return element("tr", {"data-level": line.level, "data-what": line.what}, cells.map(one => element("td", {}, one)))
  }

  function where({name, segment_id, alerts}) {
    const words = alerts > 1 ? `${name} (${alerts} segments)` : name
    if (!knows(segment_id)) return words
    const go = element("button", {type: "button", className: "link"}, words)
    go.addEventListener("click", () => {
      box.close()
      open(segment_id)
    })
    return go
  }
}

const noteOf = ({what, note, duration_s}) => what === "cleared" && duration_s != null ? `after ${duration(duration_s * 1000)}` : note
