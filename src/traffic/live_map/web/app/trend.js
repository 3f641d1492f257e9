// Whether a segment gets worse or better: its score against that of ten minutes ago. The page
// remembers the scores that it has seen, one look a minute; the recorded minutes of a segment,
// where they were fetched, fill in for a page that was opened just now.

const MINUTE_MS = 60_000
const BACK_MS = 600_000
const [NEWEST_MS, OLDEST_MS] = [480_000, 780_000] // ages that pass for ten minutes
const CHANGE = 5 // points of the score; less is noise

/** Looks at all scores, `{at, scores}` oldest first, after those of `segments` at `now` (ms). */
export function remember(looks, segments, now) {
  if (looks.length && now - looks.at(-1).at < MINUTE_MS) return looks
  const scores = new Map(segments.filter(one => one.score != null).map(one => [one.id, one.score]))
  return [...looks.filter(one => now - one.at <= OLDEST_MS), {at: now, scores}]
}

/** The points `{at, score}` of one segment that looks hold. */
export const pointsOf = (looks, id) => looks
  .filter(look => look.scores.has(id)).map(look => ({at: look.at, score: look.scores.get(id)}))

/** "worse", "steady" or "better" over ten minutes; null where the score of then is not known. */
export function trend(points, score, now) {
  const age = ({at}) => now - at
  const apart = one => Math.abs(age(one) - BACK_MS)
  const near = points.filter(one => one.score != null && age(one) >= NEWEST_MS && age(one) <= OLDEST_MS)
  if (score == null || !near.length) return null
  const then = near.reduce((best, one) => apart(one) < apart(best) ? one : best)
  const change = score - then.score
  return change >= CHANGE ? "worse" : change <= -CHANGE ? "better" : "steady"
}
