// Wires the page: settings, sign-in, then the live map.

import {loadConfig} from "./api.js"
import {openSession} from "./auth.js"
import {$, say} from "./dom.js"
import {useUnit, useZone} from "./format.js"
import {startPage} from "./page.js"
import {parseView} from "./view.js"
import {beWall} from "./wall.js"

const OUTDATED_CHECK_MS = 600_000

function askToSignIn(session, why) {
  say($("sign-in-why"), why)
  $("sign-in").hidden = false
  for (const id of ["top", "main", "skip"]) $(id).inert = true
  $("sign-in-keep").hidden = !isWall()
  $("sign-in-go").onclick = () => session.signIn({keep: $("keep").checked})
  $("sign-in-go").focus()
}

const isWall = () => Boolean(parseView(location.hash).wall)

// Straight to the sign-in page, unless that has just failed, or a display may be asked to stay signed in.
function enter(session) {
  if (session.problem) return askToSignIn(session, `Signing in failed: ${session.problem}.`)
  if (isWall()) return askToSignIn(session, "This wall display is not signed in.")
  return session.signIn()
}

function refused(session) {
  const inVain = session.isFresh()
  session.forget()
  if (inVain) return askToSignIn(session, "The city did not accept this sign-in.")
  return enter(session)
}

// A wall display is never closed: after a deployment it takes the new page by itself.
function reloadWhenOutdated(version) {
  setInterval(async () => {
    const current = await loadConfig().catch(() => null)
    if (current && current.version !== version) location.reload()
  }, OUTDATED_CHECK_MS)
}

async function start() {
  const config = await loadConfig()
  const session = await openSession(config.auth)
  say($("stack"), config.stack)
  useZone(config.zone)
  useUnit(config.speed_unit)
  if (isWall()) beWall()
  reloadWhenOutdated(config.version)
  if (!session.isOpen()) return enter(session)
  $("sign-out").hidden = false
  $("sign-out").title = session.user() ?? ""
  $("sign-out").addEventListener("click", () => session.signOut())
  return startPage(config, session, () => refused(session))
}

// What may pass by itself is tried again: no answer, a refusal for now, a fault of the city.
const mayPass = ({status}) => status === 0 || status === 429 || status >= 500

function tellFault(fault) {
  console.error(fault)
  if (mayPass(fault)) openAgain(fault.message) // both are index.html's
  else tell(`The page could not start: ${fault.message}.`)
}

start().catch(tellFault)
