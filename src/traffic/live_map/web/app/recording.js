// The clock of a recording, where the city replays one: config.json then describes it.

import {say} from "./dom.js"

const MINUTE_MS = 60_000

/** The recording's local time, ms as of UTC, in data stamped with *at*; it goes round and round. */
export function recordedTime({began_at, begins_at, starts_at, lasts, speedup}, at) {
  const passed = Math.round((at - began_at) * speedup / MINUTE_MS) * MINUTE_MS
  return starts_at + (begins_at - starts_at + passed) % lasts
}

/** Returns `show(at)` of the recording's clock, which does nothing where there is no recording. */
export function createRecording(box, recording) {
  return at => {
    box.hidden = recording == null || at == null
    if (box.hidden) return
    const time = new Date(recordedTime(recording, at)).toLocaleString("en", {
      weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC"})
    say(box, `Recording: ${time}, ${recording.speedup} times as fast`)
  }
}
