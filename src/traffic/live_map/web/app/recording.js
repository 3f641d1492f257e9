// The clock of a recording, where the city replays one: config.json then says how far it is away.

import {say} from "./dom.js"

/** The recording's local time, ms as of UTC, in data stamped with *at*. */
export const recordedTime = ({shift}, at) => at + shift

/** Returns `show(at)` of the recording's clock, which does nothing where there is no recording. */
export function createRecording(box, recording) {
  return at => {
    box.hidden = recording == null || at == null
    if (box.hidden) return
    const time = new Date(recordedTime(recording, at)).toLocaleString("en", {
      weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit",
      hourCycle: "h23", timeZone: "UTC"})
    say(box, `Recording: ${time}`)
  }
}
