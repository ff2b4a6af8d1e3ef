import { isJsonType } from '../../ground/media-type.ts'
import { counted } from '../../ground/words.ts'
import { isTooDeep, type Recorded } from './har.ts'
import { pagesWithTokens } from './page.ts'

/** Methods of operations, but for TRACE, which is nobody's to call. Source: OpenAPI 3.1.1, "Path Item Object". */
const METHODS = new Set(['GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'PATCH'])

/** The requests to an API among all that were recorded, and how many others there were, by why they are left out. */
export interface Chosen {
  origin: string
  calls: readonly Recorded[]
  leftOut: readonly string[]
}

const ASSET = /\.(css|m?js|map|png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|eot|mp4|webm|mp3|html?|wasm)$/i
const ASSET_TYPE = /^(image|font|audio|video)\/|^text\/(css|html|javascript)|^application\/(x-)?javascript|wasm/i

/**
 * Takes the requests to one origin: that which is wanted, else that with the most requests to an API.
 *
 * @param wanted host, with its port if it has one.
 */
export function choose(all: readonly Recorded[], wanted: string | undefined): Chosen | undefined {
  const reasons = new Map<string, number>()
  const leave = (what: string) => reasons.set(what, (reasons.get(what) ?? 0) + 1)
  const pages = pagesWithTokens(all)
  const ofApi = all.filter(one => {
    const why = reasonAgainst(one, pages.has(one))
    if (why !== undefined) leave(why)
    return why === undefined
  })
  const origins = new Map<string, number>()
  for (const { url } of ofApi) origins.set(url.origin, (origins.get(url.origin) ?? 0) + 1)
  const [origin] =
    wanted === undefined
      ? ([...origins].sort(([, a], [, b]) => b - a)[0] ?? [])
      : [...origins.keys()].filter(one => new URL(one).host === wanted)
  if (origin === undefined) return undefined
  const calls: Recorded[] = []
  for (const one of ofApi) {
    if (one.url.origin !== origin) leave(`to ${one.url.host}`)
    else if (isRepeated(one, calls.at(-1))) leave('repeated at once')
    else calls.push(one)
  }
  return { origin, calls, leftOut: [...reasons].map(([what, count]) => `${counted(count, 'request')} ${what}`) }
}

/** @param givesToken whether it gives a token that a later request shows. */
function reasonAgainst(
  { method, url, status, responseType, body, headers }: Recorded,
  givesToken: boolean,
): string | undefined {
  if (!/^https?:$/.test(url.protocol)) return 'of another protocol'
  if (status === 0) return 'without a response'
  if (status === 101 || headers.some(([name]) => name === 'upgrade')) return 'that became a WebSocket'
  if (method === 'OPTIONS') return 'of a browser that asks what it may (OPTIONS)'
  if (!METHODS.has(method)) return 'by other methods than those of an API'
  if (isTooDeep(body?.text ?? '')) return 'whose bodies are nested too deeply'
  if (body?.hasFiles || /^multipart\//i.test(body?.type ?? '')) return 'that send files or multipart forms'
  const isJson = isJsonType(responseType)
  if (method === 'GET' && !givesToken && !isJson && (ASSET_TYPE.test(responseType) || ASSET.test(url.pathname)))
    return 'for pages and static files'
  return undefined
}

function isRepeated(one: Recorded, before: Recorded | undefined): boolean {
  if (before === undefined || one.method !== 'GET' || before.method !== 'GET') return false
  return one.url.href === before.url.href && one.status === before.status
}
