// The one home of classes: what the map draws, the legend explains and the panels mark.
// Each scale cuts its measure into six classes, 0 (free) to 5 (worst). A class has a colour,
// a width and, from 4 on, a pattern, so that none of them has to be told by colour alone.

/** Colours by theme; tests hold their distance for colour-blind eyes and their contrast. */
export const PALETTE = {
  dark: ["#3569a8", "#4fa6c8", "#b9dfb8", "#fbd24e", "#f9813a", "#f0308c"],
  light: ["#2c5fb8", "#1a94b0", "#8d8544", "#d06a00", "#b3121d", "#5a0a45"],
}
export const NO_DATA = {dark: "#5b6673", light: "#8b95a1"}
export const GROUND = {dark: "#0f151c", light: "#eef1f4"}

/** Line widths at city zoom, px. */
export const WIDTHS = [2.4, 2.8, 3.4, 4.2, 5.4, 6.6]
export const NO_DATA_WIDTH = 1.2

/** Gaps cut into the line, in widths of the cut: [gap, line]. */
export const TIES = {4: [1, 5], 5: [1, 1.6]}

/** A segment that was not heard of for so long has no present state to show. */
export const SILENT_AFTER_MS = 600_000

const LETTERS = ["A", "B", "C", "D", "E", "F"]

// Share of free-flow speed that ends each level of urban streets, Highway Capacity Manual.
const RATIOS = [0.85, 0.67, 0.5, 0.4, 0.3]

/** The three scales, by id; the congestion scale is cut where alerts open and clear. */
export function scalesFor({high, severe, clear}) {
  const cuts = [clear / 2, clear, high, (high + severe) / 2, severe]
  return {
    score: {
      id: "score", name: "Congestion", unit: "score 0–100",
      labels: spans(cuts.map(cut => `${round(cut)}`)),
      classOf: segment => above(segment.score, cuts),
      badness: segment => segment.score,
      figure: segment => `${Math.round(segment.score)}`,
    },
    ratio: {
      id: "ratio", name: "Speed", unit: "share of free flow",
      labels: RATIO_LABELS,
      classOf: segment => below(segment.ratio, RATIOS),
      badness: segment => segment.ratio == null ? null : -segment.ratio,
      figure: segment => `${Math.round(segment.ratio * 100)} %`,
    },
    los: {
      id: "los", name: "Level of service", unit: "by density",
      labels: LETTERS,
      classOf: segment => letter(segment.los),
      badness: segment => letter(segment.los),
      figure: segment => segment.los,
    },
  }
}

const RATIO_LABELS = ["> 85 %", "67–85", "50–67", "40–50", "30–40", "≤ 30 %"]

/** Class of a segment at `now` (ms); null where nothing reports. */
export function classAt(scale, segment, now) {
  return isSilent(segment, now) ? null : scale.classOf(segment)
}

/** Whether a segment's values are too old, or come from no sensor. */
export function isSilent(segment, now) {
  if (segment.updated_at == null || segment.reporting === 0) return true
  return now - segment.updated_at > SILENT_AFTER_MS
}

/** Segments that have a value on `scale`, the worst first; ties by score, then name. */
export function worst(scale, segments, now) {
  return segments
    .filter(one => !isSilent(one, now) && scale.badness(one) != null)
    .sort((a, b) => scale.badness(b) - scale.badness(a)
      || (b.score ?? 0) - (a.score ?? 0) || (a.name < b.name ? -1 : 1))
}

function above(value, cuts) {
  return value == null ? null : cuts.filter(cut => value >= cut).length
}

function below(value, cuts) {
  return value == null ? null : cuts.filter(cut => value <= cut).length
}

function letter(level) {
  const at = LETTERS.indexOf(level)
  return at < 0 ? null : at
}

function spans(cuts) {
  const inner = cuts.slice(1).map((cut, at) => `${cuts[at]}–${cut}`)
  return [`< ${cuts[0]}`, ...inner, `≥ ${cuts.at(-1)}`]
}

const round = value => Math.round(value * 10) / 10
