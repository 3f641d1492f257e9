// Who is looking: Cognito's sign-in page with PKCE, the token renewed before it ends. Tokens
// live as long as the tab; on a display whose viewer chose so, the refresh token outlives it.

import {ApiError} from "./api.js"

const STORED = "city-traffic-session"
const KEPT = "city-traffic-display"
const KEPT_MS = 7 * 86_400_000 // the life of a refresh token
const PENDING = "city-traffic-sign-in"
const RENEW_BEFORE_MS = 120_000
const FRESH_MS = 60_000

/** The session for these settings; completes a sign-in that has just come back. */
export async function openSession(auth) {
  const query = new URLSearchParams(location.search)
  const problem = query.has("code") || query.has("error") ? await comeBack(auth, query) : null
  if (!problem && !stored()) await resume(auth)
  return {
    problem,
    isOpen: () => stored()?.id_token != null,
    user: () => userOf(stored()?.id_token),
    isFresh: () => Date.now() - (stored()?.began_at ?? 0) < FRESH_MS,
    token: () => freshToken(auth),
    forget,
    signIn: (options = {}) => leave(auth, options),
    signOut: () => {
      revoke(auth, stored()?.refresh_token)
      forget()
      location.assign(address(auth, "logout", {client_id: auth.client_id, logout_uri: here()}))
    },
  }
}

/** E-mail or name in a token's claims; null where it can't be read. */
function userOf(token) {
  const claims = claimsOf(token)
  return claims?.email ?? claims?.["cognito:username"] ?? claims?.username ?? null
}

function claimsOf(token) {
  try {
    const coded = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/")
    const bytes = Uint8Array.from(atob(coded), one => one.charCodeAt(0))
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return null
  }
}

// `keep`: the sign-in shall survive that the browser is closed.
async function leave(auth, {keep = false}) {
  const verifier = randomText()
  const state = randomText()
  const pending = {verifier, state, hash: location.hash, keep}
  sessionStorage.setItem(PENDING, JSON.stringify(pending))
  location.assign(address(auth, "oauth2/authorize", {
    response_type: "code",
    client_id: auth.client_id,
    redirect_uri: here(),
    scope: "openid email",
    state,
    code_challenge_method: "S256",
    code_challenge: await challenge(verifier),
  }))
}

// Returns why the sign-in failed, null if it did not.
async function comeBack(auth, query) {
  const pending = JSON.parse(sessionStorage.getItem(PENDING) ?? "{}")
  sessionStorage.removeItem(PENDING)
  history.replaceState(null, "", location.pathname + (pending.hash ?? ""))
  if (query.has("error")) return query.get("error_description") ?? query.get("error")
  if (!pending.state || query.get("state") !== pending.state) return "it was not begun on this page"
  await redeem(auth, {
    grant_type: "authorization_code",
    code: query.get("code"),
    redirect_uri: here(),
    code_verifier: pending.verifier,
  }, {began_at: Date.now()})
  if (!stored()?.id_token) return "no token was given"
  if (pending.keep) keepForDisplay(stored().refresh_token)
  store({...stored(), of_display: pending.keep})
  return null
}

const keepForDisplay = refresh_token =>
  localStorage.setItem(KEPT, JSON.stringify({refresh_token, ends_at: Date.now() + KEPT_MS}))

// A display that was started again goes on without anybody, while its refresh token lives.
async function resume(auth) {
  const display = kept()
  if (!display) return
  if (display.ends_at < Date.now()) return forget()
  const {refresh_token} = display
  store({refresh_token, of_display: true}) // a rotated one replaces it
  const answered = await redeem(auth, {grant_type: "refresh_token", refresh_token})
  if (answered) return
  sessionStorage.removeItem(STORED)
  throw new ApiError("the sign-in did not answer", 0)
}

let renewal = null

async function freshToken(auth) {
  const session = stored()
  if (session?.refresh_token && session.ends_at - Date.now() < RENEW_BEFORE_MS) {
    // Of a display, another tab may have renewed: only the newest token of a rotation is good.
    const refresh_token = session.of_display && kept()?.refresh_token || session.refresh_token
    renewal ??= redeem(auth, {grant_type: "refresh_token", refresh_token})
      .finally(() => { renewal = null })
    await renewal
  }
  return stored()?.id_token
}

// A refused grant ends the session; no answer, or "too many", does not: the token at hand may
// still do. Returns whether the sign-in decided.
async function redeem(auth, grant, also = {}) {
  const body = new URLSearchParams({client_id: auth.client_id, ...grant})
  const answer = await fetch(address(auth, "oauth2/token"), {method: "POST", body}).catch(() => null)
  if (answer?.ok) keep({...await answer.json(), ...also})
  else if (!answer || answer.status === 429 || answer.status >= 500) return false
  else forget()
  return true
}

// Ends the refresh token, which would otherwise be good for days more. Nobody waits for the answer:
// the request outlives the page (keepalive), and who signs out is gone at once.
function revoke(auth, token) {
  if (!token) return
  const body = new URLSearchParams({client_id: auth.client_id, token})
  fetch(address(auth, "oauth2/revoke"), {method: "POST", body, keepalive: true}).catch(() => null)
}

// A rotated refresh token lives no longer than the one it replaces, on a display too.
function keep(tokens) {
  store({...stored(), ...tokens, ends_at: Date.now() + tokens.expires_in * 1000})
  const display = kept()
  if (display && stored().of_display && tokens.refresh_token) {
    localStorage.setItem(KEPT, JSON.stringify({...display, refresh_token: tokens.refresh_token}))
  }
}

const kept = () => JSON.parse(localStorage.getItem(KEPT))

const stored = () => JSON.parse(sessionStorage.getItem(STORED))
const store = session => sessionStorage.setItem(STORED, JSON.stringify(session))

function forget() {
  sessionStorage.removeItem(STORED)
  localStorage.removeItem(KEPT)
}

const here = () => location.origin + location.pathname

function address(auth, path, query = {}) {
  const root = /^https?:/.test(auth.domain) ? auth.domain : `https://${auth.domain}`
  const search = new URLSearchParams(query).toString()
  return `${root.replace(/\/$/, "")}/${path}${search ? `?${search}` : ""}`
}

const randomText = () => base64url(crypto.getRandomValues(new Uint8Array(32)))

async function challenge(verifier) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))
  return base64url(new Uint8Array(digest))
}

const base64url = bytes => btoa(String.fromCharCode(...bytes))
  .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")
