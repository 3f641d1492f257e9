// The page's requests. Every fault becomes an ApiError with a sentence to show.

const PATIENCE_MS = 10_000

/** A request that failed: `status` as HTTP has it, 0 where no answer came. */
export class ApiError extends Error {
  constructor(message, status) {
    super(message)
    this.status = status
  }
}

/**
 * `{get, kept, post, del}` of JSON, of which `given` is sent; `kept` is `get` of what the browser may have a copy of.
 * `token()` gives the bearer token, `refused()` is called at a 401.
 */
export function createApi({token, refused}) {
  const ask = async (method, path, {cache = "no-store", given} = {}) => {
    const headers = {authorization: `Bearer ${await token()}`, ...given && {"content-type": "application/json"}}
    const answer = await send(path, {method, headers, cache, body: given && JSON.stringify(given)})
    if (answer.status === 401) refused()
    return body(answer)
  }
  return {
    get: path => ask("GET", path), kept: path => ask("GET", path, {cache: "default"}),
    post: (path, given) => ask("POST", path, {given}), del: (path, given) => ask("DELETE", path, {given}),
  }
}

/** The page's settings, which anybody may read. */
export const loadConfig = async () => body(await send("config.json", {cache: "no-cache"}))

/** All roads, page by page. */
export async function loadRoads(api) {
  const roads = []
  let after = null
  do {
    const query = after == null ? "" : `?after=${encodeURIComponent(after)}`
    const page = await api.get(`api/roads${query}`)
    roads.push(...page.segments)
    after = page.after
  } while (after != null)
  return roads
}

async function send(path, options) {
  try {
    return await fetch(path, {...options, signal: AbortSignal.timeout(PATIENCE_MS)})
  } catch (fault) {
    const late = fault.name === "TimeoutError"
    throw new ApiError(late ? "the city did not answer in time" : "the city can't be reached", 0)
  }
}

async function body(answer) {
  const read = await answer.json().catch(() => null)
  if (answer.ok && read != null) return read
  const reason = read?.error ?? read?.message ?? `the city answered ${answer.status}`
  throw new ApiError(reason, answer.status)
}
