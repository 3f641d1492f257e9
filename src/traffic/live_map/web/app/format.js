// Numbers and times as people read them. Absent is a dash; zero is a value.

const NONE = "–"

// Formatters are made once: making one takes longer than all else that a row needs.
const TIME = new Intl.DateTimeFormat("en", {hour: "2-digit", minute: "2-digit", hourCycle: "h23"})
const DAY = new Intl.DateTimeFormat("en", {month: "short", day: "numeric"})
const NUMBERS = [0, 1, 2].map(digits =>
  new Intl.NumberFormat("en", {minimumFractionDigits: digits, maximumFractionDigits: digits}))

/** `1,234.5`, with 0 to 2 `digits` of decimals. */
export function number(value, digits = 0) {
  if (!Number.isFinite(value)) return NONE
  return NUMBERS[digits].format(value)
}

/** A share 0-1 as `37 %`. */
export const percent = share => Number.isFinite(share) ? `${number(share * 100)} %` : NONE

/** Time of day, `07:42`; the day before it where it is not `now`'s. */
export function clock(ms, now = Date.now()) {
  if (!Number.isFinite(ms)) return NONE
  const at = new Date(ms)
  const time = TIME.format(at)
  if (at.toDateString() === new Date(now).toDateString()) return time
  return `${DAY.format(at)} ${time}`
}

/** A span of time: `8 s`, `12 min`, `3 h 05`, `2 d 4 h`. */
export function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return `${hours} h ${String(minutes % 60).padStart(2, "0")}`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}
