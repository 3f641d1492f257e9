// All about incidents and alerts: what is listed, what is new, who acknowledged it, and what is said of the rest.

import {createAcks} from "./acks.js"
import {createAlerts} from "./alertlist.js"
import {chosen} from "./choice.js"
import {historyPoints} from "./chart.js"
import {cityTime, takeAlert} from "./city.js"
import {$, say} from "./dom.js"
import {alertRows, save} from "./export.js"
import {lookedAt, noticed} from "./fresh.js"
import {isClosed, isHandled} from "./handled.js"
import {alertsOf, isUnalerted, itemKey, itemsOf, nameOfIncident} from "./incidents.js"
import {coverage, said} from "./known.js"
import {announced, over, place} from "./news.js"
import {createNote} from "./note.js"
import {isSilent} from "./scales.js"
import {createSignals} from "./signals.js"
import {createToolbar} from "./toolbar.js"
import {pointsOf, remember, trend} from "./trend.js"

const STORED = "city-traffic-alerts"
const TOLD = "city-traffic-told"
const MOST_SPOKEN = 3
const PAST_AGAIN_MS = 300_000
const PAST_RETRY_MS = 30_000 // where it did not come

/**
 * The alert side of the page. `me` is the viewer, `city()` is what is known, `open(segmentId)` opens a segment,
 * `chose(choice)` is called with what the viewer wants listed, `focused(item)` with the incident
 * that was opened, null if one was closed, `changed()` after an alert changed, `shown()` after the list was drawn.
 */
export class Desk {
  constructor({api, me, high, city, open, chose, focused, changed, shown, speak}) {
    Object.assign(this, {api, high, city, open, chose, focused, changed, shown, speak})
    this.known = remembered(STORED)
    this.told = remembered(TOLD) ?? new Map() // what was announced
    this.items = [] // incidents, and alerts in none, that are open
    this.closed = [] // those of which all was closed by hand
    this.unalerted = [] // incidents of which nothing is announced, drawn or counted
    this.showsClosed = false
    $("closed").addEventListener("click", () => {
      this.showsClosed = !this.showsClosed
      this.render()
    })
    this.looks = []
    this.recorded = new Map() // points of segments whose past was fetched
    this.asked = new Map() // when it was
    this.choice = {}
    this.expanded = new Set() // keys of incidents
    this.lostAt = null
    const name = item => this.#nameOf(item)
    this.note = createNote({me, name, save: (item, words, reason) => this.acks.note(item, words, reason)})
    this.acks = createAcks({api, speak, taken: row => this.#taken(row), changed, name, ask: this.note.ask})
    const opened = alert => open(alert.segment_id)
    this.signal = createSignals({sound: $("sound"), notify: $("notify"), hint: $("signal-hint")})
    this.toolbar = createToolbar($("choose"), $("choose-open"), choice => chose(choice), () => this.#export())
    this.showList = createAlerts(
      {list: $("alerts"), what: $("alerts-what"), count: $("alert-count"), later: $("alerts-later"), none: $("told")},
      {opened, toggled: item => this.#toggle(item), act: this.acks.act, looked: key => this.looked(key), released: () => this.render(),
        widened: () => chose({search: null, district: null, level: null, unusual: null, unacknowledged: null})})
  }

  /** Take what a poll brought. */
  arrived() {
    const {alerts, segments} = this.city()
    const now = this.#now()
    this.known = noticed(this.known, alerts, now)
    this.looks = remember(this.looks, [...segments.values()], now)
    this.#announce(now)
    this.#offer(segments)
    this.render()
    this.#fetchPast()
  }

  // What is announced is notified of, sounded and spoken alike.
  #announce(now) {
    const before = this.items
    this.#divide()
    const {items, closed} = this
    const {due, told} = announced(this.told, items, one => this.known.get(one.alert_id).fresh != null, now)
    const notes = due.map(({item, isNew}) => ({key: itemKey(item), open: () => this.#openItem(item),
      words: headline((item.incident ?? item).level, isNew, this.#nameOf(item))}))
    const ended = over(before, [...items, ...closed]).map(item => `Cleared: ${this.#nameOf(item)}`)
    const spoken = [...notes.map(one => one.words), ...ended].slice(0, MOST_SPOKEN)
    this.signal(notes)
    if (spoken.length) this.speak(spoken.join(". "))
    this.told = told
  }

  #divide() {
    const all = itemsOf(this.city())
    const alerted = all.filter(item => !isUnalerted(item))
    Object.assign(this, {items: alerted.filter(isListed), closed: alerted.filter(item => !isListed(item)), unalerted: all.filter(isUnalerted)})
  }

  #nameOf(item) {
    return item.incident ? nameOfIncident(item.incident, this.city().segments) : place(item)
  }

  #openItem({incident, segment_id}) {
    if (!incident) return this.open(segment_id)
    const item = this.expand(incident.incident_id)
    if (!item) return
    this.looked(itemKey(item))
    this.focused(item)
  }

  render() {
    if (this.city().version == null) return
    const {items} = this
    const now = this.#now()
    this.#tellClosed()
    store(STORED, this.known)
    store(TOLD, this.told)
    const told = said(this.coverage(), now, this.lostAt)
    const empty = $("empty")
    empty.hidden = !told.command
    say(empty.querySelector("span"), told.command ? told.text : "")
    say(empty.querySelector("code"), told.command ?? "")
    this.showList({
      listed: this.#listed(), open: this.#open(), segments: this.city().segments, now, told,
      context: JSON.stringify([this.choice, this.showsClosed]),
      detail: one => ({facts: this.facts(one), step: this.acks.of(one), fresh: this.known.get(one.alert_id)?.fresh}),
      whole: item => ({step: this.acks.of(item), fresh: this.#freshOf(item), isOpen: item.alerts.length > 0 && this.expanded.has(itemKey(item))}),
    })
    this.note.show(item => [...items, ...this.closed, ...this.city().alerts].find(one => itemKey(one) === itemKey(item)) ?? null, now)
    this.shown()
    const waiting = items.filter(item => !alertsOf(item).every(isHandled)).length
    document.title = waiting ? `(${waiting}) City Traffic` : "City Traffic"
  }

  #tellClosed() {
    const count = this.closed.length
    if (!count) this.showsClosed = false
    $("closed").hidden = !count
    $("closed").setAttribute("aria-pressed", String(this.showsClosed))
    say($("closed"), `${count} closed by hand`)
  }

  #open() {
    return [...this.items, ...this.showsClosed ? this.closed : [], ...this.unalerted]
  }

  #listed() {
    return chosen(this.#open(), this.choice, one => this.facts(one))
  }

  #export() {
    const rows = alertRows(this.#listed(), this.city().segments, one => this.facts(one))
    save(`alerts-${new Date(this.#now()).toISOString().slice(0, 16)}`, rows)
  }

  /** Show that the connection was lost at `at` (ms), or that it is back (null). */
  lost(at) {
    this.lostAt = at == null ? null : this.lostAt ?? at
    this.render()
  }

  /** List what `choice` asks for. */
  choose(choice) {
    this.choice = Object.fromEntries(["search", "district", "level", "unusual", "unacknowledged", "sort"]
      .map(name => [name, choice[name] ?? null]))
    this.toolbar.show(this.choice)
    this.render()
  }

  /** Show the alerts of an incident; returns it, null where it is not open. */
  expand(incidentId) {
    const item = this.items.find(one => one.incident?.incident_id === incidentId) ?? null
    if (item) this.expanded.add(itemKey(item))
    this.render()
    const row = item && [...$("alerts").children].find(one => one.dataset.key === itemKey(item))
    row?.scrollIntoView({block: "nearest"})
    return item
  }

  #toggle(item) {
    if (isUnalerted(item)) return this.open(item.incident.head)
    const key = itemKey(item)
    const isOpen = !this.expanded.delete(key)
    if (isOpen) this.expanded.add(key)
    this.looked(key)
    this.render()
    this.focused(isOpen ? item : null)
  }

  // An incident is new while all its alerts are.
  #freshOf({alerts}) {
    const marks = alerts.map(one => this.known.get(one.alert_id)?.fresh)
    if (marks.length && marks.every(mark => mark === "new")) return "new"
    return marks.includes("escalated") ? "escalated" : null
  }

  /** Somebody has looked at this item, of which an incident's alerts are part. */
  looked(key) {
    const item = this.items.find(one => itemKey(one) === key)
    const ids = item ? alertsOf(item).map(one => one.alert_id) : [key]
    const known = this.known && ids.reduce(lookedAt, this.known)
    if (known === this.known) return
    this.known = known
    this.render()
  }

  /** The open alert of a segment, or undefined. */
  alertOf(segmentId) {
    return this.city().alerts.find(one => one.segment_id === segmentId)
  }

  /** `{alert, step}`: the open alert of a segment, and what became of acknowledging it. */
  alarm(segmentId) {
    const alert = this.alertOf(segmentId)
    return {alert, step: alert && this.acks.of(alert)}
  }

  coverage() {
    return coverage(this.city(), this.high, this.#now())
  }

  /** `{speed, free, trend, silent}` of the segment of an alert. */
  facts(alert) {
    const now = this.#now()
    const segment = this.city().segments.get(alert.segment_id)
    if (!segment || isSilent(segment, now)) return {silent: true, speed: null, free: null, trend: null}
    const points = [...this.recorded.get(segment.id) ?? [], ...pointsOf(this.looks, segment.id)]
    return {silent: false, speed: segment.speed, free: segment.free_flow_speed, trend: trend(points, segment.score, now)}
  }

  /** Take the recorded minutes of a segment. */
  past(segmentId, history) {
    this.recorded.set(segmentId, historyPoints(history))
  }

  // The past of one alert a poll, so that many alerts on a page just opened burden nobody.
  async #fetchPast() {
    const now = this.#now()
    const due = this.city().alerts.find(one => {
      const {silent, trend: known} = this.facts(one)
      return !silent && known == null && now - (this.asked.get(one.segment_id) ?? 0) > PAST_AGAIN_MS
    })
    if (!due) return
    this.asked.set(due.segment_id, now)
    const path = `api/segments/${encodeURIComponent(due.segment_id)}/history?hours=1`
    const history = await this.api.get(path).catch(() => null)
    if (!history) return this.asked.set(due.segment_id, now - PAST_AGAIN_MS + PAST_RETRY_MS)
    this.past(due.segment_id, history)
    this.render()
  }

  #offer(segments) {
    if (segments === this.offered) return
    this.offered = segments
    const names = new Set([...segments.values()].map(one => one.district).filter(Boolean))
    this.toolbar.districts([...names].sort())
  }

  #taken(row) {
    takeAlert(this.city(), row, Date.now())
    this.known = noticed(this.known, this.city().alerts, this.#now())
    this.#divide()
  }

  #now() {
    return cityTime(this.city())
  }
}

// A page that loads itself again, as after a deployment, still knows what nobody has looked at.
function remembered(name) {
  const stored = JSON.parse(sessionStorage.getItem(name) ?? "null")
  return stored && new Map(stored)
}

function store(name, known) {
  if (known) sessionStorage.setItem(name, JSON.stringify([...known]))
}

// One alert that nobody closed, or whose level has risen, is enough.
const isListed = item => !alertsOf(item).every(isClosed)

const headline = (level, isNew, name) => isNew ? `New ${level} congestion: ${name}` : `Now ${level}: ${name}`
