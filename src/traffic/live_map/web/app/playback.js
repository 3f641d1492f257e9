// The last 24 hours on the map: a slider whose steps read one minute each. All else stays live.

import {element, say} from "./dom.js"
import {clock, duration, zoneAt} from "./format.js"

const STEP_MS = 300_000
const STEPS = 288 // a day
const CLOSED_AFTER_MS = 180_000 // a minute is stored when the next but one begins, or later
const FIRST_STEPS_AGO = 12
const READ_EVERY_MS = 500
const PLAY_EVERY_MS = 1_000

const UNKNOWN = {score: null, speed: null, flow: null, ratio: null, tti: null, los: null, reporting: null, updated_at: null}

/** First and last step of the slider at `now` (ms), counted from the epoch. */
export function stepsAt(now) {
  const last = Math.floor((now - CLOSED_AFTER_MS) / STEP_MS)
  return {first: last - STEPS, last}
}

/** An answer of `/api/at`: when it was, `at` (ms), and its `rows` by segment. */
export const minuteOf = ({time, columns, segments}) => ({
  at: time,
  rows: new Map(segments.map(row => [row[0], Object.fromEntries(columns.map((name, place) => [name, row[place]]))])),
})

/** A segment as a minute has it; nothing is known of one that has no row there. */
export function pastOf(segment, {at, rows}) {
  const row = rows.get(segment.id)
  return {...segment, ...UNKNOWN, ...row && {...row, updated_at: at}}
}

/**
 * Returns `ask(what)`, which calls `read(what)`: one call at a time, and none within `pauseMs` after the
 * start of another. Of what is asked for meanwhile, only the last is read.
 */
export function createPacer(read, pauseMs) {
  let next = null, busy = false
  const run = async () => {
    busy = true
    while (next) {
      const {what} = next
      next = null
      await Promise.all([read(what), new Promise(over => setTimeout(over, pauseMs))])
    }
    busy = false
  }
  return what => {
    next = {what}
    if (!busy) run()
  }
}

/**
 * The bar in `box`, opened by the button `opener`. `get(path)` asks the city, `time()` is its time; `changed()` is
 * called when the map has to show another time. Returns `{isOpen, at, of, tick}`: the time that the map shows (ms), a
 * segment as it was then, and what to call now and then.
 */
export function createPlayback({box, opener, get, time, changed, speak}) {
  const parts = fill(box)
  let minute = null // what the map shows; null: the present
  let step = 0, player = null
  const ask = createPacer(read, READ_EVERY_MS)
  const isRead = () => minute.at === step * STEP_MS

  function open() {
    const {first, last} = stepsAt(time())
    document.documentElement.dataset.past = ""
    box.hidden = false
    opener.setAttribute("aria-expanded", "true")
    go(last - FIRST_STEPS_AGO)
    show({at: step * STEP_MS, rows: new Map()}, "Reading …")
    parts.slider.focus()
    speak("The map shows the past. Lists and figures are live.")
  }

  function close() {
    pause()
    minute = null
    delete document.documentElement.dataset.past
    box.hidden = true
    opener.setAttribute("aria-expanded", "false")
    opener.focus()
    changed()
    speak("The map is live again.")
  }

  function go(wanted) {
    step = wanted
    tick()
    ask(step)
  }

  async function read(wanted) {
    const at = wanted * STEP_MS
    const found = await get(`api/at?time=${at / 1_000}`).then(minuteOf, fault => ({at, rows: new Map(), fault}))
    if (!minute) return
    if (found.fault) pause()
    show(found, noteOf(found))
  }

  function show(found, note) {
    minute = found
    say(parts.note, note)
    tick()
    changed()
  }

  function noteOf({at, rows, fault}) {
    if (fault) return `${timeText(at)} can't be read: ${fault.message}. Move the slider or press Play to try again.`
    return rows.size ? LIVE_NOTE : "No sensor's readings are stored of this minute."
  }

  // The slider's range moves on with time.
  function tick() {
    if (box.hidden) return
    const {first, last} = stepsAt(time())
    Object.assign(parts.slider, {min: first, max: last, value: step})
    parts.slider.setAttribute("aria-valuetext", timeText(step * STEP_MS))
    say(parts.first, timeText(first * STEP_MS))
    say(parts.last, timeText(last * STEP_MS))
    if (!minute) return
    say(parts.shown, timeText(minute.at))
    say(parts.ago, isRead() || player ? `${duration(time() - minute.at)} ago` : `→ ${timeText(step * STEP_MS)}`)
  }

  const timeText = at => `${clock(at, time())} ${zoneAt(at)}`

  function play() {
    const {first, last} = stepsAt(time())
    player = setInterval(() => isRead() && advance(), PLAY_EVERY_MS)
    say(parts.play, "Pause")
    go(step < last ? step + 1 : first)
  }

  function advance() {
    if (step < stepsAt(time()).last) go(step + 1)
    else pause()
  }

  function pause() {
    clearInterval(player)
    player = null
    say(parts.play, "Play")
  }

  parts.slider.addEventListener("input", () => { pause(); go(Number(parts.slider.value)) })
  parts.play.addEventListener("click", () => player ? pause() : play())
  parts.live.addEventListener("click", close)
  opener.addEventListener("click", () => box.hidden ? open() : close())
  document.addEventListener("visibilitychange", () => document.hidden && pause())
  return {
    isOpen: () => minute != null,
    at: () => minute?.at ?? null,
    of: segment => minute ? pastOf(segment, minute) : segment,
    tick,
  }
}

const LIVE_NOTE = "Only the map shows the past: figures, lists and panels are live."

function fill(box) {
  const button = (id, text) => element("button", {type: "button", id}, text)
  const parts = {
    shown: element("b", {id: "playback-time"}), ago: element("span", {id: "playback-ago"}),
    play: button("playback-play", "Play"), live: button("playback-live", "Live"),
    slider: element("input", {type: "range", id: "playback-step", step: 1, "aria-label": "Time that the map shows"}),
    first: element("span"), last: element("span"),
    note: element("p", {id: "playback-note", role: "status"}),
  }
  box.replaceChildren(
    element("p", {className: "shown"}, element("span", {className: "mark"}, "Past"), parts.shown, parts.ago),
    parts.play, parts.slider, parts.live,
    element("p", {className: "ends", "aria-hidden": "true"}, parts.first, parts.last), parts.note)
  return parts
}
