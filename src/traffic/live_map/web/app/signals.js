// A sound and a desktop notification for what is announced: off until somebody turns them on, and
// remembered by this browser.

import {say} from "./dom.js"

const STORED = "city-traffic-signals"
const TONES_HZ = [880, 660]
const AUDIO_PATIENCE_MS = 500
const MOST = 3 // notifications at once; more are summed up

/**
 * The switches `sound` and `notify`; `hint` says why one can't be turned on. Returns `signal(notes)`,
 * where a note is `{key, words, open}`; `open()` is called by a click on its notification.
 */
export function createSignals({sound, notify, hint}) {
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
  return notes => {
    if (!notes.length) return
    if (on.sound) play()
    if (on.notify && allowed() === "granted") announce(notes)
  }
}

const HINTS = {
  denied: "The browser blocks notifications of this page: allow them in its settings for this site.",
  default: "Notifications are not allowed yet: click again and allow them.",
  missing: "This browser shows no notifications for this page. They need a secure (https) address.",
}

const allowed = () => globalThis.Notification?.permission ?? "missing"

const permission = async () => globalThis.Notification ? Notification.requestPermission() : "missing"

function announce(notes) {
  notes.slice(0, MOST).forEach(({key, words, open}, at) => {
    const more = at === MOST - 1 ? notes.length - MOST : 0
    const body = more > 0 ? `and ${more} more` : ""
    const shown = new Notification(words, {tag: key, renotify: true, body})
    shown.onclick = () => { globalThis.focus(); open() }
  })
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
