// A sound and a desktop notification for new alerts: off until somebody turns them on, and
// remembered by this browser.

import {say} from "./dom.js"

const STORED = "city-traffic-signals"
const TONES_HZ = [880, 660]
const AUDIO_PATIENCE_MS = 500
const MOST = 3 // notifications at once; more are summed up

/**
 * The switches `sound` and `notify`; `hint` says why one can't be turned on; `opened(alert)` is told
 * of a click on a notification. Returns `signal(alerts, headline)`, for alerts that just came.
 */
export function createSignals({sound, notify, hint}, opened) {
  const on = {sound: false, notify: false, ...stored()}
  const play = createSound(isWaiting => {
    sound.dataset.waiting = String(isWaiting)
    sound.title = isWaiting ? "Sound waits for a click on this page" : "Sound for new alerts"
  })
  const show = () => {
    sound.setAttribute("aria-pressed", String(on.sound))
    notify.setAttribute("aria-pressed", String(on.notify && allowed() === "granted"))
  }
  const turn = (name, isOn) => {
    on[name] = isOn
    localStorage.setItem(STORED, JSON.stringify(on))
    show()
  }
  sound.addEventListener("click", () => {
    turn("sound", !on.sound)
    if (on.sound) play()
  })
  notify.addEventListener("click", async () => {
    const wasOn = on.notify && allowed() === "granted"
    const answer = wasOn ? "off" : await permission()
    turn("notify", answer === "granted")
    say(hint, HINTS[answer] ?? "")
  })
  show()
  play.wakeIf(() => on.sound)
  return (alerts, headline) => {
    if (!alerts.length) return
    if (on.sound) play()
    if (on.notify && allowed() === "granted") announce(alerts, headline, opened)
  }
}

const HINTS = {
  denied: "The browser blocks notifications of this page: allow them in its settings for this site.",
  default: "Notifications are not allowed yet: click again and allow them.",
  missing: "This browser shows no notifications for this page. They need a secure (https) address.",
}

const allowed = () => globalThis.Notification?.permission ?? "missing"

const permission = async () => globalThis.Notification ? Notification.requestPermission() : "missing"

function announce(alerts, headline, opened) {
  const some = alerts.slice(0, MOST)
  if (alerts.length > MOST) some[MOST - 1] = {...some[MOST - 1], more: alerts.length - MOST}
  for (const alert of some) {
    const body = alert.more ? `and ${alert.more} more alerts` : ""
    const note = new Notification(headline(alert), {tag: alert.alert_id, body})
    note.onclick = () => { globalThis.focus(); opened(alert) }
  }
}

// Browsers may play no sound on a page before the first click or key on it; `waiting(isWaiting)` is
// told. Returns `play()`, whose `wakeIf(wanted)` gets ready at once, and at that first click.
function createSound(waiting) {
  let audio = null
  const wake = async () => {
    audio ??= new AudioContext()
    const tell = () => waiting(audio.state !== "running")
    audio.onstatechange = tell
    await Promise.race([audio.resume(), new Promise(over => setTimeout(over, AUDIO_PATIENCE_MS))])
    tell()
    return audio.state === "running"
  }
  const play = async () => {
    if (await wake()) TONES_HZ.forEach((hz, at) => tone(audio, hz, audio.currentTime + at * 0.18))
  }
  const wakeIf = wanted => {
    if (wanted()) wake()
    for (const type of ["pointerdown", "keydown"]) addEventListener(type, () => wanted() && wake(), {once: true})
  }
  return Object.assign(play, {wakeIf})
}

function tone(audio, frequency, start) {
  const [source, volume] = [new OscillatorNode(audio, {frequency}), new GainNode(audio, {gain: 0})]
  source.connect(volume).connect(audio.destination)
  volume.gain.setValueAtTime(0.2, start)
  volume.gain.exponentialRampToValueAtTime(0.001, start + 0.3)
  source.start(start)
  source.stop(start + 0.3)
}

function stored() {
  try {
    return JSON.parse(localStorage.getItem(STORED)) ?? {}
  } catch {
    return {}
  }
}
