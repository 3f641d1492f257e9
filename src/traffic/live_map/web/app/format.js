// Numbers and times as people read them. Absent is a dash; zero is a value.

const NONE = "–"

// Formatters are made once: making one takes longer than all else that a row needs.
let zone = inZone("UTC")
const NUMBERS = [0, 1, 2].map(digits =>
  new Intl.NumberFormat("en", {minimumFractionDigits: digits, maximumFractionDigits: digits}))

/** Tell times of the city's time zone from now on; UTC if this browser does not know it. */
export function useZone(name) {
  try {
    zone = inZone(name)
  } catch (fault) {
    if (!(fault instanceof RangeError)) throw fault
    zone = inZone("UTC")
  }
}

const UNITS = {"km/h": {length: "km", km: 1}, "mph": {length: "mi", km: 1.609344}}
let unit = "km/h"

/** Tell speeds in `km/h` or `mph` from now on, and lengths in kilometres or miles. */
export const useUnit = name => { unit = name in UNITS ? name : "km/h" }

/** The unit of all speeds: `km/h`. */
export const speedUnit = () => unit

/** The unit of all lengths: `km`. */
export const lengthUnit = () => UNITS[unit].length

/** A speed (km/h) or length (km) in the unit that is shown; null and NaN stay. */
export const inUnit = value => Number.isFinite(value) ? value / UNITS[unit].km : value

/** A speed (km/h) as `43 km/h`. */
export const speed = kmh => `${number(inUnit(kmh))} ${unit}`

/** A length (km) as `6.2 km`. */
export const length = km => `${number(inUnit(km), 1)} ${lengthUnit()}`

function inZone(timeZone) {
  const as = options => new Intl.DateTimeFormat("en", {timeZone, ...options})
  return {
    name: timeZone,
    time: as({hour: "2-digit", minute: "2-digit", hourCycle: "h23"}),
    day: as({month: "short", day: "numeric"}),
    date: as({dateStyle: "short"}),
    short: as({timeZoneName: "short"}),
  }
}

/** The zone of all times: `America/Los_Angeles`. */
export const zoneName = () => zone.name

/** The zone of all times at `ms`, short: `PST`, `GMT+1`. */
export const zoneAt = ms => zone.short.formatToParts(ms).find(one => one.type === "timeZoneName").value

/** `1,234.5`, with 0 to 2 `digits` of decimals. */
export function number(value, digits = 0) {
  if (!Number.isFinite(value)) return NONE
  return NUMBERS[digits].format(value)
}

/** A share 0-1 as `37 %`. */
export const percent = share => Number.isFinite(share) ? `${number(share * 100)} %` : NONE

/** Time of day in the city, `07:42`; the day before it where it is not `now`'s. */
export function clock(ms, now = Date.now()) {
  if (!Number.isFinite(ms)) return NONE
  const time = zone.time.format(ms)
  if (zone.date.format(ms) === zone.date.format(now)) return time
  return `${zone.day.format(ms)} ${time}`
}

/** How long something lasts, `since 07:42, 12 min`. */
export const since = (ms, now) => `since ${lasting(ms, now)}`

/** The same, where there is room for `07:42, 12 min` only. */
export const lasting = (ms, now) => `${clock(ms, now)}, ${duration(now - ms)}`

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
