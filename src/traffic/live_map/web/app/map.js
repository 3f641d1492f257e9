// The map: MapLibre, our roads on it, and the few things one can ask of it.

import {Map as MapLibre, NavigationControl, Popup, ScaleControl}
  from "../vendor/maplibre-gl-6.17.0/maplibre-gl.mjs"
import {districts, extents, heads, markers, only, roads, sensors, ties} from "./features.js"
import {speedUnit} from "./format.js"
import {alertsOf, incidentLabel} from "./incidents.js"
import {bounds, farOff} from "./polyline.js"
import {baseLayers, EMPTY, INK, layers, plainStyle, SENSORS_FROM_ZOOM, sources} from "./layers.js"
import {themeOf} from "./scales.js"
import {images, signs} from "./signs.js"

const OURS = {ours: true} // marks the events of moves that the page makes
const CLICK_PX = 8
const CLOSE_ZOOM = 13.6
const ROADS = ["roads", "points"]
const AT_ONCE = 1_700
const BASE_PATIENCE_MS = 10_000
const LABEL_PX = 70
const PICTURE_PATIENCE_MS = 5_000

/**
 * A map in `container`, in the colours of `look`; on a `wall` it takes no pointer. `styleUrl`
 * names a base map of somebody's, `base` the city's own plain one, each "" for none; `picked(segment)`
 * is called at a click, with null beside all roads; `describe(segment)` gives the node of its tooltip;
 * `missed()` is called if a worker did not come, for which MapLibre waits for ever; `moved(camera)` is told where the
 * viewer moved the map to; `camera` is where it begins, null for the whole city; `pictured(isDrawn)`
 * is called when the browser took the graphics away for longer than a moment, and when they are back.
 */
export async function createMap({container, styleUrl, base, look, wall, picked, describe, missed, padding, moved, camera, pictured}) {
  const map = new MapLibre({
    container, style: styleUrl || plainStyle(themeOf(look)), fadeDuration: 0, maxZoom: 19, interactive: !wall,
    dragRotate: false, pitchWithRotate: false, touchPitch: false, rollEnabled: false,
    attributionControl: {compact: !wall}, center: [0, 0], zoom: 1,
  })
  if (!wall) {
    map.touchZoomRotate.disableRotation()
    map.keyboard.disableRotation()
    map.addControl(new NavigationControl({showCompass: false}), "top-right")
    map.addControl(new ScaleControl({unit: speedUnit() === "mph" ? "imperial" : "metric"}), "bottom-right")
  }
  map.on("error", ({error}) => {
    console.error(error)
    if (error.message.startsWith("Worker failed")) missed()
  })
  const drawn = await ground(map, styleUrl, themeOf(look))
  const view = new View(map, {styleUrl: drawn, look, wall, padding, begin: camera})
  if (base && !drawn) loadBase(base).then(data => view.setBase(data), console.error)
  if (!wall) listen(view, picked, describe)
  onViewersMove(map, () => moved(view.camera()))
  onPictureLost(map, view, pictured)
  return view
}

async function loadBase(path) {
  const answer = await fetch(path)
  if (!answer.ok) throw new Error(`the base map did not come: ${answer.status}`)
  return answer.json()
}

// Returns the base map that is drawn. It is another's: where it does not come, the city's
// roads are shown on plain ground.
async function ground(map, styleUrl, theme) {
  let base = styleUrl
  const giveUp = () => {
    if (!base) return
    base = ""
    map.setStyle(plainStyle(theme), {diff: false})
  }
  const late = setTimeout(giveUp, BASE_PATIENCE_MS)
  map.on("error", giveUp)
  await new Promise(drawn => map.once("style.load", drawn))
  clearTimeout(late)
  map.off("error", giveUp)
  return base
}

class View {
  constructor(map, {styleUrl, look, wall, padding, begin}) {
    Object.assign(this, {map, styleUrl, look, wall, padding, begin})
    this.segments = []
    this.classes = []
    this.waiting = new Map() // what is still to be painted: class by index
    this.details = new Map()
    this.data = {} // what each source was last given
    this.isLost = false // without graphics the map has no style to draw on
    this.#furnish()
  }

  /** Draw the city's plain base map, GeoJSON, beneath the roads; it may name its `attribution`. */
  setBase(data) {
    this.base = {type: "geojson", data, attribution: data.attribution}
    this.#furnish()
  }

  /** The graphics are gone: remember what is to be drawn. */
  lost() {
    this.isLost = true
  }

  /** The graphics are back, with a style that has forgotten which class each road had. */
  restored() {
    this.isLost = false
    this.#furnish()
    for (const [id, data] of Object.entries(this.data)) this.map.getSource(id).setData(data)
    this.classes.forEach((k, index) => this.waiting.set(index, k))
    this.#draw()
  }

  /** Draw these segments; the first time, show all of them but those `outside`, which lie far off. */
  async setRoads(segments) {
    const first = !this.segments.length
    this.segments = segments
    this.classes = []
    this.outside = farOff(segments)
    const inside = segments.filter(one => !this.outside.includes(one))
    this.box = bounds(inside.flatMap(one => corners(one.box)))
    this.#give("districts", districts(inside))
    this.#give("signs", signs(segments))
    this.#addLayers()
    if (first && this.begin) this.setCamera(this.begin, {animate: false})
    else if (first) this.showAll({animate: false})
    if (!this.isLost) this.map.removeFeatureState({source: "roads"})
    await this.#give("roads", roads(segments), true)
  }

  /** Give each of `segments` the class that `classOf` says; returns how many changed. */
  paint(segments, classOf) {
    let changed = 0
    for (const segment of segments) {
      const k = classOf(segment) ?? -1
      if (this.classes[segment.index] === k) continue
      this.classes[segment.index] = k
      this.waiting.set(segment.index, k)
      changed++
    }
    if (changed) {
      this.#give("ties", ties(this.segments, this.classes))
      this.drawing ??= requestAnimationFrame(() => this.#draw())
    }
    this.#showSensors()
    return changed
  }

  // A part in each frame, so that no frame takes long, however many changed.
  #draw() {
    this.drawing = null
    if (this.isLost) return
    const some = [...this.waiting].slice(0, AT_ONCE)
    for (const [id, k] of some) {
      this.waiting.delete(id)
      this.map.setFeatureState({source: "roads", id}, {k})
    }
    if (this.waiting.size) this.drawing = requestAnimationFrame(() => this.#draw())
  }

  /** Rings where alerts are open, and incidents as one thing each; `chosen` is the id of one. */
  setItems(items, segments, chosen) {
    const incidents = items.filter(one => one.incident)
    const labels = new Map(incidents.map(one => [one, incidentLabel(one.incident, segments)]))
    const text = JSON.stringify([items, [...labels.values()], chosen, this.segments.length])
    if (text === this.itemText) return
    this.itemText = text
    this.#give("alerts", markers(items.filter(one => !one.incident)))
    this.#give("extents", extents(incidents, segments, chosen))
    this.#give("heads", heads(incidents, segments, chosen, labels))
  }

  /** Fit the view to the segments of an incident, with room for the label at its head. */
  showIncident(item, segments) {
    const boxes = alertsOf(item).map(one => segments.get(one.segment_id)?.box)
    const padding = this.padding()
    this.goTo(bounds(boxes.flatMap(corners)), {padding: {...padding, right: padding.right + LABEL_PX}})
  }

  /** What is known of single sensors: those of the open segment. */
  setDetails(id, found) {
    this.details = new Map(found ? [[id, found]] : [])
    this.#showSensors()
  }

  /** Of the past it isn't known which sensors reported. */
  setPast(isPast) {
    this.isPast = isPast
    this.#showSensors()
  }

  setLook(look) {
    if (look === this.look) return
    this.look = look
    this.#addLayers()
  }

  /** Mark a segment and go there; null marks none. */
  pick(segment, {fly = true} = {}) {
    this.#give("picked", only(segment))
    if (segment && fly) this.goTo(segment.box)
  }

  goTo(box, options = {}) {
    if (!box) return
    const corner = [[box[0], box[1]], [box[2], box[3]]]
    this.map.fitBounds(corner, {padding: this.padding(), maxZoom: CLOSE_ZOOM, ...options}, OURS)
  }

  showAll(options = {}) {
    this.goTo(this.box, {maxZoom: 16, ...options})
  }

  /** Where the map is, or is on its way back to: `{lat, lon, zoom}`, as exact as a pixel needs. */
  camera() {
    if (this.target) return this.target
    const {lat, lng} = this.map.getCenter()
    return {lat: rounded(lat, 5), lon: rounded(lng, 5), zoom: rounded(this.map.getZoom(), 2)}
  }

  /** Go to what `camera()` gave. */
  setCamera(camera, options = {}) {
    this.map.stop()
    this.target = camera
    this.map.once("moveend", () => { this.target = null })
    this.map.flyTo({center: [camera.lon, camera.lat], zoom: camera.zoom, ...options}, OURS)
  }

  #give(id, data, waits = false) {
    this.data[id] = data
    return this.isLost ? null : this.map.getSource(id).setData(data, waits)
  }

  // Sources, images and layers, as far as the style has them not.
  #furnish() {
    if (this.isLost) return
    const wanted = {...sources(), ...this.base && {base: this.base}}
    for (const [id, source] of Object.entries(wanted)) if (!this.map.getSource(id)) this.map.addSource(id, source)
    for (const [name, image, options] of images(INK)) if (!this.map.hasImage(name)) this.map.addImage(name, image, options)
    this.#addLayers()
  }

  #addLayers() {
    if (this.isLost) return
    const latitude = this.box ? (this.box[1] + this.box[3]) / 2 : 0
    if (!this.styleUrl) this.map.setPaintProperty("ground", "background-color",
      plainStyle(themeOf(this.look)).layers[0].paint["background-color"])
    const beneath = this.map.getSource("base") ? baseLayers(themeOf(this.look)) : []
    for (const layer of [...beneath, ...layers(this.look, latitude, this.wall)]) {
      if (this.map.getLayer(layer.id)) this.map.removeLayer(layer.id)
      this.map.addLayer(layer)
    }
  }

  #showSensors() {
    const near = !this.isPast && this.map.getZoom() >= SENSORS_FROM_ZOOM
    if (!near && !this.sensorsShown) return
    this.sensorsShown = near
    const box = this.map.getBounds().toArray().flat()
    const seen = near ? this.segments.filter(one => touches(one.box, box)) : []
    const key = seen.map(one => [one.index, this.classes[one.index], one.sensors, one.reporting])
    const text = JSON.stringify([key, [...this.details]])
    if (text === this.sensorText) return
    this.sensorText = text
    const data = near ? sensors(seen, this.classes, this.details) : EMPTY
    this.#give("sensors", data)
  }

  moved() {
    this.#showSensors()
  }
}

function listen(view, picked, describe) {
  const {map} = view
  const popup = new Popup({closeButton: false, closeOnClick: false, maxWidth: "none", offset: 12})
  const at = point => view.isLost ? undefined : view.segments[nearest(map, point)]
  let waiting = null
  map.on("moveend", () => view.moved())
  map.on("click", event => picked(at(event.point) ?? null))
  map.on("mouseout", () => popup.remove())
  map.on("mousemove", event => {
    waiting ??= requestAnimationFrame(() => { waiting = null; hover(waitingEvent) })
    const waitingEvent = event
  })
  const hover = event => {
    const segment = at(event.point)
    map.getCanvas().style.cursor = segment ? "pointer" : ""
    if (!segment) return popup.remove()
    popup.setLngLat(event.lngLat).setDOMContent(describe(segment)).addTo(map)
  }
}

// What we or a change of the window's size did is no move of the viewer's.
function onViewersMove(map, moved) {
  let resizing = false
  map.on("resize", () => { resizing = true; queueMicrotask(() => { resizing = false }) })
  map.on("moveend", event => event.ours || resizing || moved())
}

// MapLibre keeps a copy of the style for when the graphics come back; meanwhile it has none.
function onPictureLost(map, view, pictured) {
  let late = null
  map.on("webglcontextlost", () => {
    view.lost()
    late ??= setTimeout(() => pictured(false), PICTURE_PATIENCE_MS)
  })
  map.on("webglcontextrestored", async () => {
    await map.once("style.load")
    view.restored()
    clearTimeout(late)
    late = null
    pictured(true)
  })
}

function nearest(map, {x, y}) {
  for (const reach of [1, CLICK_PX]) {
    const around = [[x - reach, y - reach], [x + reach, y + reach]]
    const [found] = map.queryRenderedFeatures(around, {layers: ROADS})
    if (found) return found.id
  }
  return undefined
}

const rounded = (value, digits) => Number(value.toFixed(digits))

const corners = box => box ? [[box[0], box[1]], [box[2], box[3]]] : []

const touches = (a, b) =>
  a != null && a[0] <= b[2] && a[2] >= b[0] && a[1] <= b[3] && a[3] >= b[1]
