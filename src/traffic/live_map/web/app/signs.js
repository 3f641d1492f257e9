// What tells roads apart on the map: shields with a road's number, names, and arrows that say
// which way the traffic goes. They are chosen here, fewer the farther away one looks.

import {along} from "./polyline.js"

// A road's number as people write it at the beginning of a name: I-405, US 101, A8, B27.
const NUMBER = /^([A-Z]{1,3}[- ]?\d{1,4}[A-Z]?)(?![\w-])/
const FIRST_ZOOM = 9
const LAST_ZOOM = 16

const ROW = 2 ** 24 // squares of the world are numbered row by row
const NEIGHBOURS = [-1, 0, 1].flatMap(step => [step * ROW - 1, step * ROW, step * ROW + 1])

// No two of a kind stand in the same square of so many px, or in two that touch; `of` says what
// is of a kind.
const KINDS = [
  {kind: "shield", from: 9, px: 140, share: 0.5, text: numberOf, of: sign => sign.text},
  {kind: "name", from: 12, px: 110, share: 0.5, text: nameOf, of: () => ""},
  {kind: "arrow", from: 10, px: 44, share: 0.3, text: () => "→", of: sign => Math.round(sign.bearing / 90) % 4},
]

/**
 * Points with `kind` (shield, name, arrow), `text`, `turn` (degrees clockwise) and `z`, the
 * zoom from which they are shown, as GeoJSON. Longer segments come first.
 */
export function signs(segments) {
  const lines = segments.filter(one => one.line.length > 1).sort((a, b) => span(b) - span(a))
  return {type: "FeatureCollection", features: KINDS.flatMap(kind => chosen(kind, lines))}
}

/** The number of a segment's road; null where its name begins with none, or is only the id. */
function numberOf({name, id}) {
  return name === id ? null : NUMBER.exec(name)?.[1] ?? null
}

/** The name of a segment's road without what follows a comma; null if it has a number, or no name. */
export function nameOf(segment) {
  return segment.name === segment.id || numberOf(segment) ? null : segment.name.split(",")[0]
}

function chosen({kind, from, px, share, text, of}, segments) {
  const all = segments.flatMap(segment => {
    const words = text(segment)
    if (words == null) return []
    const sign = {text: words, ...along(segment.line, share)}
    return [{...sign, group: of(sign), ...onWorld(sign.at)}]
  })
  for (let zoom = Math.max(from, FIRST_ZOOM); zoom <= LAST_ZOOM; zoom++) thin(all, 512 * 2 ** zoom / px, zoom)
  return all.filter(sign => sign.z != null).map(sign => feature(kind, sign))
}

// Those that are shown from farther away keep their place; others take what is left of the
// world's `across` by `across` squares.
function thin(all, across, zoom) {
  const taken = new Map()
  const squares = ({group}) => taken.get(group) ?? taken.set(group, new Set()).get(group)
  const at = ({x, y}) => Math.floor(x * across) * ROW + Math.floor(y * across)
  for (const sign of all) if (sign.z != null) squares(sign).add(at(sign))
  for (const sign of all) {
    if (sign.z != null || isNear(squares(sign), at(sign))) continue
    squares(sign).add(at(sign))
    sign.z = zoom
  }
}

const isNear = (squares, at) => NEIGHBOURS.some(step => squares.has(at + step))

const onWorld = ([longitude, latitude]) => ({
  x: longitude / 360 + 0.5,
  y: Math.asinh(Math.tan(latitude * Math.PI / 180)) / (2 * Math.PI) + 0.5,
})

function feature(kind, {text, bearing, z, at}) {
  const turn = kind === "arrow" ? bearing : kind === "name" ? upright(bearing - 90) : 0
  return {type: "Feature", properties: {kind, text, turn, z}, geometry: {type: "Point", coordinates: at}}
}

// Text is never upside down.
const upright = degrees => ((degrees + 90) % 180 + 180) % 180 - 90

const span = ({box}) => Math.hypot(box[2] - box[0], box[3] - box[1])

/** Images of the map by name, for each theme: the plate of a shield, and an arrow to the north. */
export function images(inks) {
  return Object.entries(inks).flatMap(([theme, ink]) => [
    [`plate-${theme}`, plate(ink), {pixelRatio: 2, stretchX: [[10, 14]], stretchY: [[10, 14]], content: [6, 4, 18, 20]}],
    [`arrow-${theme}`, arrow(ink), {pixelRatio: 2}],
  ])
}

const plate = ink => drawn(24, pen => {
  pen.beginPath()
  pen.roundRect(1.5, 1.5, 21, 21, 7)
  paint(pen, ink.plate, ink.edge, 2)
})

const arrow = ink => drawn(24, pen => {
  pen.beginPath()
  for (const [x, y] of [[12, 2], [21, 21], [12, 16.5], [3, 21]]) pen.lineTo(x, y)
  pen.closePath()
  paint(pen, ink.text, ink.halo, 3)
})

function paint(pen, fill, stroke, width) {
  pen.lineJoin = "round"
  pen.lineWidth = width
  pen.strokeStyle = stroke
  pen.stroke()
  pen.fillStyle = fill
  pen.fill()
}

function drawn(size, draw) {
  const canvas = document.createElement("canvas")
  canvas.width = canvas.height = size
  const pen = canvas.getContext("2d")
  draw(pen)
  return pen.getImageData(0, 0, size, size)
}
