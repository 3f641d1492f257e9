// The live page: what polls, what it shows, what a click does.

import {createApi, loadRoads} from "./api.js"
import {cityTime, dataAge, emptyCity, takeNow, takeRoads} from "./city.js"
import {Desk} from "./desk.js"
import {$, createSpeaker, element, say} from "./dom.js"
import {number} from "./format.js"
import {createClock, createGlance} from "./glance.js"
import {createLegend} from "./legend.js"
import {shownTotals} from "./known.js"
import {createWorst, figures} from "./lists.js"
import {createLog} from "./log.js"
import {createMap} from "./map.js"
import {createPlayback} from "./playback.js"
import {createPoller} from "./poller.js"
import {createRecording} from "./recording.js"
import {classAt, lookOf, scalesFor, worst} from "./scales.js"
import {createOpenSegment} from "./opened.js"
import {createTheme} from "./theme.js"
import {parseView, showView} from "./view.js"
import {fitRows} from "./wall.js"

const CLOCK_MS = 500
const STALE_PAINT_MS = 30_000
const REBUILT_MS = 60_000

/** Start the page for a signed-in viewer; `ended()` is called when the city refuses the token. */
export async function startPage(config, session, ended) {
  const page = new Page(config, session, ended)
  await page.start()
  globalThis.cityTraffic = page // a handle for tests, measures and the console
}

class Page {
  constructor(config, session, ended) {
    Object.assign(this, {config, session, ended})
    this.city = emptyCity()
    this.scales = scalesFor(config.thresholds)
    this.hash = parseView(location.hash)
    showView(this.hash)
    this.scale = this.scales[this.hash.scale] ?? this.scales.score
    this.api = createApi({token: session.token, refused: () => this.refused()})
    this.roadsAt = 0
  }

  async start() {
    this.#panels()
    this.#keys()
    this.map = await createMap({
      container: $("map"), styleUrl: this.config.map.style, base: this.config.map.base,
      look: this.#look(), wall: Boolean(this.hash.wall),
      picked: segment => segment ? this.open(segment.id, {fly: isSheet()}) : this.close({back: false}),
      describe: segment => tooltip(this.#shown(segment), this.#shownTime()), padding: mapPadding,
      missed: () => this.#missed(),
      moved: camera => this.#view({at: camera}), camera: this.hash.at,
      pictured: isDrawn => this.#pictured(isDrawn),
    })
    this.poller = createPoller({
      ask: () => this.#poll(),
      lost: (fault, retryAt) => this.#lost(fault, retryAt),
      back: () => this.#back(),
    })
    $("retry").onclick = () => this.poller.soon()
    setInterval(() => this.#tick(), CLOCK_MS)
    setInterval(() => this.#paint([...this.city.segments.values()]), STALE_PAINT_MS)
  }

  /** Open a segment's panel and, unless told not to, fly there. */
  open(id, {fly = true} = {}) {
    const segment = this.city.segments.get(id)
    if (!segment) return
    if (!this.opened.id) this.scrolled = scrollY
    if (fly) this.cameFrom ??= {camera: this.map.camera(), at: this.hash.at}
    this.opened.open(segment)
    $("stage").scrollIntoView() // on a phone the map may be above what is seen
    this.map.pick(segment, {fly})
    this.#view(fly ? {segment: id, at: null} : {segment: id})
    this.desk.looked(this.desk.alertOf(id)?.alert_id)
  }

  // Fit the view to an incident that was opened in the list.
  #focus(item, {fly = true} = {}) {
    const incident = item?.incident.incident_id ?? null
    this.#view(item && fly ? {incident, at: null} : {incident})
    this.#drawItems()
    if (item && fly) this.map.showIncident(item, this.city.segments)
  }

  /** Close the panel; the map goes back to where it was before a flight, unless told not to. */
  close({back = true} = {}) {
    if (!this.opened.id) return
    const from = this.cameFrom
    this.cameFrom = null
    this.opened.close()
    this.map.pick(null)
    scrollTo(0, this.scrolled)
    if (from && back) this.map.setCamera(from.camera)
    this.#view({segment: null, at: !from ? this.hash.at : back ? from.at : this.map.camera()})
  }

  refused() {
    this.poller?.stop()
    this.ended()
  }

  #missed() {
    if (this.city.version == null) openAgain("a part of the map did not come") // index.html has it
  }

  #pictured(isDrawn) {
    if (!isDrawn) this.speak("The map picture is lost. Lists and figures are still live.")
    else if (!$("no-picture").hidden) this.speak("The map picture is back.")
    $("no-picture").hidden = isDrawn
  }

  #panels() {
    this.speak = createSpeaker($("spoken"))
    this.showGlance = createGlance($("glance"))
    this.showClock = createClock({box: $("age"), value: $("age-value"), time: $("time-of-day")}, this.speak)
    this.showRecording = createRecording($("recording"), this.config.recording)
    this.desk = new Desk({
      api: this.api, me: this.session.user(), high: this.config.thresholds.high, city: () => this.city, speak: this.speak,
      open: id => this.open(id), chose: choice => this.#view(choice, {listed: true}), changed: () => this.#alertsChanged(),
      focused: item => this.#focus(item),
      shown: () => this.#fit(),
    })
    this.desk.choose(this.hash)
    this.showWorst = createWorst({list: $("worst"), none: $("no-worst")}, id => this.open(id), () => this.#rank())
    this.showLegend = createLegend($("legend"), this.scales, {
      chosen: id => this.#choose(id), coloured: name => this.#colour(name),
    })
    this.opened = createOpenSegment({
      box: $("segment"), api: this.api, thresholds: this.config.thresholds,
      time: () => cityTime(this.city), closed: () => this.close(),
      sensors: (id, found) => this.map.setDetails(id, found),
      alarm: id => this.desk.alarm(id), act: this.desk.acks.act, past: (id, history) => this.desk.past(id, history),
    })
    createLog({
      opener: $("log-open"), api: this.api, time: () => cityTime(this.city),
      open: id => this.open(id), knows: id => this.city.segments.has(id),
    })
    this.playback = this.hash.wall ? null : createPlayback({
      box: $("playback"), opener: $("playback-open"), get: this.api.kept, time: () => cityTime(this.city),
      changed: () => this.#timeChanged(), speak: this.speak,
    })
    this.theme = createTheme(this.hash.theme, theme => this.#themed(theme))
    $("theme").addEventListener("click", () => this.#view({theme: this.theme.toggle()}))
    $("reload").addEventListener("click", () => location.reload())
    $("whole").addEventListener("click", () => { this.map.showAll(); this.#view({at: null}) })
    $("find").value = this.hash.find ?? ""
    $("find").addEventListener("input", () => { this.#view({find: $("find").value.trim()}); this.#rank() })
    $("find").addEventListener("keydown", event => event.key === "Enter" && this.#openFound())
    addEventListener("resize", () => this.#fit())
  }

  #keys() {
    addEventListener("keydown", event => {
      const clears = event.target.type === "search" && event.target.value // Escape empties it
      if (event.key === "Escape" && !clears && !document.querySelector("dialog[open]")) this.close()
    })
    addEventListener("hashchange", () => this.#follow(parseView(location.hash)))
  }

  #openFound() {
    if ($("find").value.trim()) $("worst").querySelector(".row")?.click()
  }

  // A wall display cannot scroll to the other alerts.
  #fit() {
    if (this.hash.wall) fitRows($("alerts"), $("more-alerts"))
  }

  #follow(view) {
    const {segment, incident, scale, theme, colours, at} = view
    if (Boolean(view.wall) !== Boolean(this.hash.wall)) return location.reload()
    if (colours !== this.hash.colours) this.#colour(colours)
    this.cameFrom = null
    if (segment) this.open(segment, {fly: !at})
    else this.close({back: false})
    if (incident !== this.hash.incident) this.#focus(incident && this.desk.expand(incident), {fly: !at && !segment})
    if (at) this.map.setCamera(at)
    if (this.scales[scale]) this.#choose(scale)
    this.theme.choose(theme)
    $("find").value = view.find ?? ""
    this.#rank()
    this.#view({...view, scale: scale ?? this.hash.scale, theme: theme ?? this.hash.theme}, {listed: true})
  }

  #view(change, {listed = false} = {}) {
    this.hash = {...this.hash, ...change}
    showView(this.hash)
    if (listed) this.desk.choose(this.hash)
  }

  #themed(theme) {
    say($("theme"), theme === "dark" ? "Light" : "Dark")
    this.#dress(lookOf(theme, this.hash.colours))
  }

  #colour(colours) {
    this.#view({colours})
    this.#dress(this.#look())
  }

  #look() {
    return lookOf(this.theme.theme(), this.hash.colours)
  }

  #dress(look) {
    this.showLegend(this.scale, look)
    this.map?.setLook(look)
    this.#rank(look)
  }

  #choose(id) {
    this.scale = this.scales[id]
    this.#view({scale: id})
    this.showLegend(this.scale, this.#look())
    this.#paint([...this.city.segments.values()])
    this.#rank()
  }

  async #poll() {
    if (!this.roadsAt || this.#roadsWanted()) await this.#loadRoads()
    const since = this.city.version == null ? "" : `?since=${encodeURIComponent(this.city.version)}`
    const answer = await this.api.get(`api/now${since}`)
    const first = this.city.version == null
    const changed = takeNow(this.city, answer, Date.now())
    this.#paint(changed)
    this.#show()
    if (first) this.#arrive()
  }

  #roadsWanted() {
    return this.city.isRebuilt && Date.now() - this.roadsAt > REBUILT_MS
  }

  async #loadRoads() {
    takeRoads(this.city, await loadRoads(this.api))
    this.roadsAt = Date.now()
    const segments = [...this.city.segments.values()]
    await this.map.setRoads(segments)
    say($("outside"), farOffText(this.map.outside))
    this.#paint(segments)
  }

  #arrive() {
    say($("link"), "Live")
    $("link").dataset.state = "live"
    if (this.hash.incident) this.#focus(this.desk.expand(this.hash.incident), {fly: !this.hash.at && !this.hash.segment})
    if (this.hash.segment) this.open(this.hash.segment, {fly: !this.hash.at})
  }

  // What the map shows of a segment, and of which time: not the present while the playback is open.
  #shown(segment) {
    return this.playback?.of(segment) ?? segment
  }

  #shownTime() {
    return this.playback?.at() ?? cityTime(this.city)
  }

  #timeChanged() {
    this.map.setPast(this.playback.isOpen())
    this.#drawItems()
    this.#paint([...this.city.segments.values()])
  }

  #paint(segments) {
    const time = this.#shownTime()
    this.map.paint(segments, segment => classAt(this.scale, this.#shown(segment), time))
  }

  #show() {
    const {totals, segments} = this.city
    this.showGlance(shownTotals(totals, this.desk.coverage()))
    this.desk.arrived()
    this.#drawItems()
    this.#rank()
    this.opened.now(segments.get(this.opened.id))
  }

  #drawItems() {
    this.map.setItems(this.playback?.isOpen() ? [] : this.desk.items, this.city.segments, this.hash.incident)
  }

  #alertsChanged() {
    this.desk.render()
    this.#drawItems()
    this.opened.now(this.city.segments.get(this.opened.id))
    this.poller.soon()
  }

  #rank(look = this.#look()) {
    const now = cityTime(this.city)
    const search = $("find").value.trim()
    const segments = [...this.city.segments.values()]
    const ranked = worst(this.scale, segments, now)
    const known = new Set(search ? ranked : [])
    const others = search ? segments.filter(one => !known.has(one)) : []
    this.showWorst([...ranked, ...others], search, one => classAt(this.scale, one, now), {scale: this.scale, theme: look, now})
  }

  #lost(fault, retryAt) {
    this.retryAt = retryAt
    this.fault = fault
    say($("link"), "No connection")
    $("link").dataset.state = "lost"
    $("notice").hidden = false
    this.desk.lost(cityTime(this.city))
    this.#countdown()
  }

  #back() {
    this.retryAt = null
    this.desk.lost(null)
    if ($("notice").contains(document.activeElement)) $("alerts").focus()
    $("notice").hidden = true
    say($("link"), "Live")
    $("link").dataset.state = "live"
    this.speak("Connection is back.")
  }

  #countdown() {
    const seconds = Math.max(0, Math.ceil((this.retryAt - Date.now()) / 1000))
    say($("retry"), `Retry now (${seconds} s)`)
    say($("notice-text"), `Connection lost: ${this.fault.message}. What you see is not live.`)
  }

  #tick() {
    const [age, now] = [dataAge(this.city), cityTime(this.city)]
    this.showClock(age, now)
    this.playback?.tick()
    this.showRecording(age == null ? null : now - age)
    if (this.retryAt) this.#countdown()
  }
}

function tooltip(segment, now) {
  return element("div", {className: "tip"},
    element("b", {}, segment.name), element("span", {}, segment.district ?? ""), element("span", {}, figures(segment, now)))
}

function farOffText(segments) {
  if (!segments.length) return ""
  const some = segments.slice(0, 3).map(one => one.name).join(", ") + (segments.length > 3 ? ", …" : "")
  const lies = segments.length === 1 ? "1 road lies" : `${number(segments.length)} roads lie`
  return `${lies} far from all others, outside of this map's view: ${some}. Check the coordinates.`
}

// On a phone the panel is a sheet below, which may hide the very road that was tapped.
const isSheet = () => getComputedStyle($("segment")).position === "fixed"

// Room for what lies over the map: the legend; the segment's panel, beside or (on a phone) below.
function mapPadding() {
  const stage = $("stage").getBoundingClientRect()
  const panel = $("segment").getBoundingClientRect() // without extent while hidden
  const key = $("legend").getBoundingClientRect() // hidden behind the sheet
  const legend = key.height ? stage.bottom - key.top + 16 : 0
  const wide = "wall" in document.documentElement.dataset ? 90 : 0 // for the large names at the edge
  const left = (isSheet() ? 40 : panel.width + 40) + wide
  const covered = !isSheet() || !panel.height ? legend : Math.max(legend, stage.bottom - panel.top + 16)
  return {top: 30 + wide / 2, right: 60 + wide, bottom: Math.min(covered + wide / 2, stage.height - 110), left}
}
