// All about alerts: what is listed, what is new, who acknowledged it, and what is said of the rest.

import {createAcks} from "./acks.js"
import {createAlerts} from "./alertlist.js"
import {chosen} from "./choice.js"
import {historyPoints} from "./chart.js"
import {cityTime, takeAlert} from "./city.js"
import {$, say} from "./dom.js"
import {justCame, lookedAt, noticed} from "./fresh.js"
import {coverage, said} from "./known.js"
import {headline} from "./news.js"
import {isSilent} from "./scales.js"
import {createSignals} from "./signals.js"
import {createToolbar} from "./toolbar.js"
import {pointsOf, remember, trend} from "./trend.js"

const STORED = "city-traffic-alerts"
const PAST_AGAIN_MS = 300_000
const PAST_RETRY_MS = 30_000 // where it did not come

/**
 * The alert side of the page. `city()` is what is known, `open(segmentId)` opens a segment,
 * `chose(choice)` is told what the viewer wants listed, `changed()` that an alert changed,
 * `shown()` that the list was drawn again.
 */
export class Desk {
  constructor({api, high, city, open, chose, changed, shown, speak}) {
    Object.assign(this, {api, high, city, chose, changed, shown})
    this.known = remembered()
    this.looks = []
    this.recorded = new Map() // points of segments whose past was fetched
    this.asked = new Map() // when it was
    this.choice = {}
    this.lostAt = null
    this.acks = createAcks({api, speak, taken: row => this.#taken(row), changed})
    const opened = alert => open(alert.segment_id)
    this.signal = createSignals({sound: $("sound"), notify: $("notify"), hint: $("signal-hint")}, opened)
    this.toolbar = createToolbar($("choose"), $("choose-open"), choice => chose(choice))
    this.showList = createAlerts(
      {list: $("alerts"), count: $("alert-count"), later: $("alerts-later"), none: $("told")},
      {opened, act: this.acks.act, looked: id => this.looked(id), released: () => this.render(),
        widened: () => chose({search: null, district: null, level: null, unacknowledged: null})})
  }

  /** Take what a poll brought. */
  arrived() {
    const {alerts, segments} = this.city()
    const before = this.known
    const now = this.#now()
    this.known = noticed(before, alerts, now)
    this.looks = remember(this.looks, [...segments.values()], now)
    const came = justCame(before, this.known, alerts)
    this.signal(came, alert => headline(alert, this.known.get(alert.alert_id).fresh === "new"))
    this.#offer(segments)
    this.render()
    this.#fetchPast()
  }

  render() {
    const {alerts} = this.city()
    if (this.city().version == null) return
    const now = this.#now()
    store(this.known)
    const told = said(this.coverage(), now, this.lostAt)
    const empty = $("empty")
    empty.hidden = !told.command
    say(empty.querySelector("span"), told.command ? told.text : "")
    say(empty.querySelector("code"), told.command ?? "")
    this.showList({
      listed: chosen(alerts, this.choice, one => this.facts(one)), open: alerts, now, told,
      context: JSON.stringify(this.choice),
      detail: one => ({facts: this.facts(one), step: this.acks.of(one), fresh: this.known.get(one.alert_id)?.fresh}),
    })
    this.shown()
    const waiting = alerts.filter(one => one.acknowledged_at == null).length
    document.title = waiting ? `(${waiting}) City Traffic` : "City Traffic"
  }

  /** Show that the connection was lost at `at` (ms), or that it is back (null). */
  lost(at) {
    this.lostAt = at == null ? null : this.lostAt ?? at
    this.render()
  }

  /** List what `choice` asks for. */
  choose(choice) {
    this.choice = Object.fromEntries(["search", "district", "level", "unacknowledged", "sort"]
      .map(name => [name, choice[name] ?? null]))
    this.toolbar.show(this.choice)
    this.render()
  }

  /** Somebody has looked at this alert. */
  looked(alertId) {
    const known = this.known && lookedAt(this.known, alertId)
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
  }

  #now() {
    return cityTime(this.city())
  }
}

// A page that loads itself again, as after a deployment, still knows what nobody has looked at.
function remembered() {
  const stored = JSON.parse(sessionStorage.getItem(STORED) ?? "null")
  return stored && new Map(stored)
}

function store(known) {
  if (known) sessionStorage.setItem(STORED, JSON.stringify([...known]))
}
