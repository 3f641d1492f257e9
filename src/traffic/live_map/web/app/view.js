// What the address says after `#`, so that a view can be bookmarked, sent, reloaded, and set on a
// wall display. To keep one more thing there, add its name and kind to KEYS.

// A kind turns what the address says into a value (null: not said) and back (null: not written).
const text = {parse: said => said || null, write: value => value || null}
const flag = {parse: said => said == null ? null : said !== "0", write: value => value ? "" : null}
const camera = {parse: cameraOf, write: at => at && [at.lat, at.lon, at.zoom].map(Number).join(",")}

const KEYS = {
  wall: flag, segment: text, incident: text, scale: text, theme: text, colours: text, at: camera, find: text, // find: of the segment list
  search: text, district: text, level: text, unusual: flag, unacknowledged: flag, sort: text, // of the alert list
}

/** The view that a fragment such as `#segment=I-405-N-1&theme=dark` asks for; null: not said. */
export function parseView(hash) {
  const asked = new URLSearchParams(hash.replace(/^#/, ""))
  return Object.fromEntries(Object.entries(KEYS).map(([name, kind]) => [name, kind.parse(asked.get(name))]))
}

/** The fragment, without `#`, of a view; what is null is left out. */
export function formatView(view) {
  return Object.entries(KEYS)
    .map(([name, kind]) => [name, kind.write(view[name] ?? null)])
    .filter(([, written]) => written != null)
    .map(([name, written]) => written === "" ? name : `${name}=${encoded(written)}`)
    .join("&")
}

/** Show `view` in the address, without a step in the browser's history. */
export function showView(view) {
  const hash = formatView(view)
  history.replaceState(null, "", location.pathname + location.search + (hash ? `#${hash}` : ""))
}

// `lat,lon,zoom`; anything else, or a place that is not on the map, is no camera.
function cameraOf(said) {
  const numbers = (said ?? "").split(",").map(one => one.trim() === "" ? NaN : Number(one))
  const [lat, lon, zoom] = numbers
  const fits = numbers.length === 3 && Math.abs(lat) <= 85 && Math.abs(lon) <= 180 && zoom >= 0 && zoom <= 24
  return fits ? {lat, lon, zoom} : null
}

const encoded = value => encodeURIComponent(value).replace(/%2C/g, ",").replace(/%20/g, "+")
