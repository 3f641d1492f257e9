// What is usual on a segment over some hours, and what is expected of the next one.

import {inUnit, number, speed} from "./format.js"

const AHEAD_MIN = [15, 30, 60]
const MINUTE_MS = 60_000
const HALF_SLOT_MS = 15 * MINUTE_MS
const WHY = {
  __proto__: null, // it is indexed by what the API says
  no_profile: "it takes three measured days of a kind (working day, Saturday, Sunday or holiday)",
  few_days: "it takes three measured days of this kind (working day, Saturday, Sunday or holiday)",
  stale: "nothing was learned from the last three days",
  unreadable: "the profiles cannot be read",
}

/** Points `{at, low, usual}` of a history's `usual`, at the middles of half hours, km/h. */
export const usualPoints = ({columns, rows}) =>
  rows.map(row => Object.fromEntries(columns.map((name, place) => [name, row[place]])))

/** `{at, low, usual}` at an instant, between two of `rows` or in the half hour of one; null where it is unknown. */
export function usualAt(rows, at) {
  const next = rows.findIndex(row => row.at >= at)
  const to = rows[next]
  const from = to?.at === at ? to : rows[next - 1]
  const [one, other] = [from, to].filter(row => row?.usual != null)
  if (!one) return null
  if (!other) return Math.abs(at - one.at) <= HALF_SLOT_MS ? {...one, at} : null
  const share = (at - one.at) / ((other.at - one.at) || 1)
  const between = name => one[name] + (other[name] - one[name]) * share
  return {at, low: between("low"), usual: between("usual")}
}

/** Stretches of `rows` in a span (ms) without a gap. */
export function bandOf(rows, [from, to]) {
  const times = [from, ...rows.map(row => row.at).filter(at => at > from && at < to), to]
  const found = [[]]
  for (const at of times) {
    const one = usualAt(rows, at)
    if (one) found.at(-1).push(one)
    else found.push([])
  }
  return found.filter(run => run.length > 1)
}

/** Points `{at, speed}` that a segment's answer expects after the instant `at`, km/h. */
export const expectedPoints = (answer, at) => AHEAD_MIN
  .map(ahead => ({at: at + ahead * MINUTE_MS, ahead, speed: answer[`expected_${ahead}`]}))
  .filter(one => one.speed != null)

/** `Grey band: usual, 45 to 62 km/h now. Dotted: expected, 38 in 15 min.`, or why that is not known. */
export function outlookWords(usual, missing, expected) {
  const band = usual ? `Grey band: usual, ${number(inUnit(usual.low))} to ${speed(usual.usual)} now.` : `No usual speed: ${WHY[missing] ?? WHY.few_days}.`
  const ahead = expected.map(one => `${number(inUnit(one.speed))} in ${one.ahead} min`).join(", ")
  return ahead ? `${band} Dotted: expected, ${ahead}.` : band
}
