import { randomBytes } from 'node:crypto'
import type { Answer, Seen } from './server.ts'

/**
 * An application with Django's protection against forged requests: who changes anything shows the cookie `csrftoken`,
 * and its value again, in a header or, masked, in a field of a form. A login sets both cookies anew. Addresses end with
 * a slash; one that does not is redirected, or is a 500 where that would lose the body.
 */
export function django(): (seen: Seen) => Answer {
  const sessions = new Set<string>()
  const items: string[] = []
  return ({ method, url, headers, body }) => {
    const [path = '', query] = url.split('?')
    if (!path.endsWith('/'))
      return method === 'GET' ? { status: 301, headers: { location: `${path}/` } } : { status: 500 }
    const cookies = new Map(
      String(headers.cookie ?? '')
        .split('; ')
        .map(pair => pair.split('=', 2) as [string, string]),
    )
    const form = new URLSearchParams(String(headers['content-type']).includes('form') ? body : '')
    if (method !== 'GET') {
      const shown = String(headers['x-csrftoken'] ?? unmasked(form.get('csrfmiddlewaretoken') ?? ''))
      if (shown === '' || shown !== cookies.get('csrftoken'))
        return { status: 403, body: '<h1>CSRF verification failed</h1>' }
    }
    if (path === '/login/' && method === 'GET') return page(cookies.get('csrftoken') ?? secret())
    if (path === '/login/') {
      if (form.get('username') !== 'ada' || form.get('password') !== 'lovelace-1815') return { status: 200, body: 'no' }
      const session = secret()
      sessions.add(session)
      const set = [`csrftoken=${secret()}; Path=/; SameSite=Lax`, `sessionid=${session}; Path=/; HttpOnly`]
      return { status: 302, headers: { location: '/api/items/', 'set-cookie': set } }
    }
    if (!sessions.has(cookies.get('sessionid') ?? '')) return { status: 401, body: {} }
    if (path !== '/api/items/') return { status: 404, body: {} }
    if (method === 'POST')
      return { status: 201, body: { id: items.push(JSON.parse(body).name), name: JSON.parse(body).name } }
    const offset = Number(atob(new URLSearchParams(query).get('cursor') ?? btoa('0')))
    const next =
      offset < 4 ? `http://${headers.host}/api/items/?cursor=${encodeURIComponent(btoa(String(offset + 2)))}` : null
    return { body: { next, results: [offset, offset + 1] } }
  }
}

const secret = () => randomBytes(16).toString('hex')
const masked = (token: string) => `${secret()}${[...token].reverse().join('')}`
const unmasked = (text: string) => [...text.slice(32)].reverse().join('')

function page(token: string): Answer {
  const field = `<input type="hidden" name="csrfmiddlewaretoken" value="${masked(token)}">`
  return {
    headers: { 'content-type': 'text/html; charset=utf-8', 'set-cookie': `csrftoken=${token}; Path=/; SameSite=Lax` },
    body: `<!doctype html><link rel=icon href=/x><form method=post>${field}<br><input name=username></form>`,
  }
}
