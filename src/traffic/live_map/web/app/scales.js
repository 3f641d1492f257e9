// The one home of classes: what the map draws, the legend explains and the panels mark.
// Each scale cuts its measure into six classes, 0 (free) to 5 (worst). A class has a colour,
// a width and, from 4 on, a pattern, so that none of them has to be told by colour alone.

/**
 * Colours of the six classes by look, which is a theme and a choice of colours. The first two
 * stay apart for colour-blind eyes; the others are the green, yellow and red of traffic lights.
 */
export const PALETTE = {
  "dark": ["#3569a8", "#4fa6c8", "#b9dfb8", "#fbd24e", "#f9813a", "#f0308c"],
  "light": ["#2c5fb8", "#1a94b0", "#898644", "#bc7a05", "#8e3a02", "#cd1a69"],
  "dark-signal": ["#2f9e5f", "#8cc63f", "#e6e04d", "#ffb020", "#ff7230", "#ff2e3e"],
  "light-signal": ["#157a3a", "#5c9000", "#9c8500", "#c96a00", "#a83a00", "#d8002a"],
}
export const NO_DATA = {dark: "#5b6673", light: "#8b95a1"}
export const GROUND = {dark: "#0f151c", light: "#eef1f4"}

/** The look of a theme, in the usual colours or (`colours` is "signal") in those of traffic lights. */
export const lookOf = (theme, colours) => colours === "signal" ? `${theme}-signal` : theme

/** The theme of a look: "dark" or "light". */
export const themeOf = look => look.split("-")[0]

/** The ring of an alert, px at city zoom: one that somebody has acknowledged is empty and thin. */
export const RINGS = {
  high: {radius: 9, k: 4, fill: 0.22, stroke: 2},
  severe: {radius: 13, k: 5, fill: 0.4, stroke: 3.5},
  acknowledged: {fill: 0, stroke: 1},
}

/** The outline of an incident, px: the room `inside` at city zoom, and the width of its `edge`. */
export const OUTLINE = {inside: 12, edge: 2, chosen: 3.5}

/** Line widths at city zoom, px. */
export const WIDTHS = [2.4, 2.8, 3.4, 4.2, 5.4, 6.6]
export const NO_DATA_WIDTH = 1.2

/** Gaps cut into the line, in widths of the cut: [gap, line]. */
export const TIES = {4: [1, 5], 5: [1, 1.6]}

/** A segment whose newest values are older has no present state to show, ms. */
const SILENT_AFTER_MS = 600_000

const LETTERS = ["A", "B", "C", "D", "E", "F"]
const LOS_NOTE = "By density, not speed: a full road that still moves fast is F at a low congestion score."

// Share of free-flow speed that ends each level of urban streets, Highway Capacity Manual.
const RATIOS = [0.85, 0.67, 0.5, 0.4, 0.3]

/** The three scales, by id; the congestion scale is cut where alerts open and clear. */
export function scalesFor({high, severe, clear}) {
  const cuts = [clear / 2, clear, high, (high + severe) / 2, severe]
  return {
    __proto__: null, // it is indexed by what the address says
    score: {
      id: "score", name: "Congestion", note: "Score 0–100: the share of free-flow speed that is lost.",
      labels: spans(cuts.map(cut => `${round(cut)}`)),
      classOf: segment => above(segment.score, cuts),
      badness: segment => segment.score,
      figure: segment => `${Math.round(segment.score)}`,
    },
    ratio: {
      id: "ratio", name: "Speed", note: "Speed as a share of free flow.",
      labels: RATIO_LABELS,
      classOf: segment => below(segment.ratio, RATIOS),
      badness: segment => segment.ratio == null ? null : -segment.ratio,
      figure: segment => `${Math.round(segment.ratio * 100)} %`,
    },
    los: {
      id: "los", name: "Level of service", note: LOS_NOTE,
      labels: LETTERS,
      classOf: segment => letter(segment.los),
      badness: segment => letter(segment.los),
      figure: segment => segment.los,
    },
  }
}

/**
 * Why level of service and congestion score seem to contradict each other; "" where they do not.
 * The one counts density, the other lost speed; `high` is the score at which alerts open.
 */
export function disagreement({score, los}, {high}) {
  if (score == null || los == null) return ""
  if (score < high && letter(los) >= 4)
    return `Level ${los} goes by density: the road is full. The score goes by lost speed: it still moves.`
  if (score >= high && letter(los) <= 1)
    return `Level ${los} goes by density: few are there. The score goes by lost speed: they are slow.`
  return ""
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

const FIGURES = ["score", "speed", "flow", "ratio", "tti", "los"]

/** A segment as it is known at `now` (ms): without figures where no sensor reports. */
export function present(segment, now) {
  if (!isSilent(segment, now)) return segment
  return {...segment, reporting: 0, ...Object.fromEntries(FIGURES.map(name => [name, null]))}
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
