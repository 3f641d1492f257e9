// The segment that is open: fetches its history and sensors, and keeps them current.

import {createSegment} from "./segment.js"

const SENSORS_MS = 10_000
const HISTORY_MS = 30_000

/**
 * `{id, open, now, close}` of the segment panel in `box`. `alarm(id)` gives its open alert and what
 * became of acknowledging it, `act(alert, doing)` does that, `past(id, history)` takes its history.
 */
export function createOpenSegment({box, api, thresholds, time, closed, sensors, alarm, act, past}) {
  const opened = {id: null, open, now, close}
  let hours = 3, opener = null, due = {}
  const panel = createSegment(box, thresholds, {
    closed, act,
    hoursChosen: chosen => { hours = chosen; loadHistory(opened.id) },
  })

  function open(segment) {
    if (opened.id === segment.id) return
    if (!opened.id) opener = document.activeElement
    opened.id = segment.id
    panel.open(segment, hours)
    if (opener?.closest?.("#lists")) panel.focus()
    now(segment)
  }

  function now(segment) {
    if (!segment || !opened.id) return
    const at = time()
    panel.now(segment, at)
    const {alert, step} = alarm(opened.id)
    panel.alarm(alert, step, at)
    if (due.id !== opened.id) due = {id: opened.id, sensors: 0, history: 0}
    if (at >= due.sensors) loadSensors(opened.id)
    if (at >= due.history) loadHistory(opened.id)
  }

  function close() {
    opened.id = null
    due = {}
    panel.close()
    sensors(null, null)
    opener?.focus({preventScroll: true})
    if (document.activeElement !== opener) document.getElementById("alerts").focus({preventScroll: true})
  }

  function loadSensors(id) {
    due.sensors = time() + SENSORS_MS
    return load(id, "", answer => {
      panel.sensors(answer.sensors)
      panel.expected(answer, time())
      sensors(id, answer.sensors)
    })
  }

  function loadHistory(id) {
    const wanted = hours
    due.history = time() + HISTORY_MS
    return load(id, `/history?hours=${wanted}`, answer => {
      panel.history(answer, wanted, time())
      past(id, answer)
    }, () => hours === wanted)
  }

  // An answer that comes after another segment or span was chosen is of no interest any more.
  async function load(id, path, show, isWanted = () => true) {
    const isAwaited = () => opened.id === id && isWanted()
    try {
      const answer = await api.get(`api/segments/${encodeURIComponent(id)}${path}`)
      if (isAwaited()) show(answer)
    } catch (fault) {
      if (isAwaited()) panel.problem(`History is not available: ${fault.message}.`)
    }
  }

  return opened
}
