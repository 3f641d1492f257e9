// What the page shows, as files of comma-separated values (RFC 4180) that a spreadsheet opens.

import {title} from "./choice.js"
import {inUnit, lengthUnit, speedUnit} from "./format.js"
import {nameOfIncident} from "./incidents.js"
import {usualAt} from "./usual.js"

const MARK = "\ufeff" // spreadsheets read UTF-8 only with it

// A spreadsheet calculates what begins with one of these, also after a separator of its language; src/traffic/spreadsheets.py has the same rule.
const FORMULA = /(^|[;\t\r\n])(\s*[=+\-@＝＋－＠])/g

/** Lines of `rows`; an apostrophe keeps a text from being calculated. */
export const csv = rows => rows.map(row => `${row.map(cell).join(",")}\r\n`).join("")

function cell(value) {
  if (typeof value !== "string") return value == null || Number.isNaN(value) ? "" : String(value)
  const text = value.replaceAll(FORMULA, "$1'$2")
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Let the browser save `rows` as a file; a name has no character that a file system refuses. */
export function save(name, rows) {
  const address = URL.createObjectURL(new Blob([MARK, csv(rows)], {type: "text/csv"}))
  const link = document.createElement("a")
  Object.assign(link, {href: address, download: `${name.replaceAll(/[^\w.-]+/g, "-")}.csv`})
  link.click()
  URL.revokeObjectURL(address)
}

/** A row for each of the listed `items`, and one for each alert of an incident below it. */
export function alertRows(items, segments, facts) {
  const unit = speedUnit()
  const head = ["kind", "id", "incident", "level", "name", "district", "opened_at", `speed (${unit})`,
    `free flow (${unit})`, `length (${lengthUnit()})`, "delay (vehicle-h)", "acknowledged_at", "acknowledged_by"]
  const alertRow = (alert, incident = null) => ["alert", alert.alert_id, incident, alert.level, title(alert), alert.district,
    instant(alert.opened_at), figure(inUnit(facts(alert).speed)), figure(inUnit(facts(alert).free)), null, null,
    instant(alert.acknowledged_at), alert.acknowledged_by]
  const incidentRow = ({incident}) => ["incident", incident.incident_id, incident.incident_id, incident.level,
    nameOfIncident(incident, segments), null, instant(incident.opened_at), figure(inUnit(incident.speed)), null,
    figure(inUnit(incident.length_km)), figure(incident.delay_vehicle_hours), null, null]
  return [head, ...items.flatMap(item => item.incident
    ? [incidentRow(item), ...item.alerts.map(one => alertRow(one, item.incident.incident_id))]
    : [alertRow(item)])]
}

/** The recorded minutes of a segment, with what was usual then. */
export function historyRows(points, usual) {
  const unit = speedUnit()
  const head = ["minute", `speed (${unit})`, `usual low (${unit})`, `usual (${unit})`, "flow (veh/h)", "congestion (0-100)",
    "occupancy (0-1)", "readings"]
  return [head, ...points.map(point => {
    const known = usualAt(usual, point.at)
    return [point.minute, figure(inUnit(point.speed)), figure(inUnit(known?.low)), figure(inUnit(known?.usual)),
      figure(point.flow), figure(point.score), figure(point.occupancy, 3), point.readings]
  })]
}

const instant = ms => ms == null ? null : new Date(ms).toISOString()

const figure = (value, digits = 1) => Number.isFinite(value) ? Number(value.toFixed(digits)) : null
