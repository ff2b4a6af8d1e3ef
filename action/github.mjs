/* GitHub's interface, as far as a comment takes it. */
import { env } from 'node:process'

/** GitHub refuses something, or does not respond. */
export class Refused extends Error {
  constructor(message, status) {
    super(message)
    this.status = status
  }
}

const TRIES = 3
const PAGE = 100

export class GitHub {
  #token
  #pause

  constructor(token, pause = Number(env.ACTION_RETRY_PAUSE ?? 2000)) {
    this.#token = token
    this.#pause = pause
  }

  get = path => this.#ask('GET', path)

  /** Everything of a list, page by page. */
  async all(path) {
    const found = []
    for (let page = 1; ; page++) {
      const items = await this.get(`${path}${path.includes('?') ? '&' : '?'}per_page=${PAGE}&page=${page}`)
      found.push(...items)
      if (items.length < PAGE) return found
    }
  }

  /**
   * One comment of its kind on a pull request, known by its first line: written where something is wrong, brought up to
   * date from then on. Says what was done: created, updated or nothing.
   */
  async stick(repository, number, { marker, body, isWrong }) {
    const comments = await this.all(`/repos/${repository}/issues/${number}/comments`)
    const marked = comments.filter(comment => comment.body?.split(/\r?\n/, 1)[0] === marker)
    const own = marked.length > 0 ? await this.#own() : undefined
    // Whoever can comment can write the marker too.
    const found = marked.find(({ user }) => (own === undefined ? user?.type === 'Bot' : user?.login === own))
    const text = `${marker}\n${body}`
    if (found === undefined && !isWrong) return 'nothing'
    if (found === undefined) {
      await this.#ask('POST', `/repos/${repository}/issues/${number}/comments`, { body: text })
      return 'created'
    }
    await this.#ask('PATCH', `/repos/${repository}/issues/comments/${found.id}`, { body: text })
    return 'updated'
  }

  /** Who writes with this token; undefined for that of a job, which may not ask. */
  async #own() {
    try {
      return (await this.get('/user')).login
    } catch (error) {
      if (error instanceof Refused && error.status < 500) return undefined
      throw error
    }
  }

  async #ask(method, path, body) {
    for (let tried = 1; ; tried++) {
      try {
        return await this.#askOnce(method, path, body)
      } catch (error) {
        // A comment that came to be though nobody said so must not be written twice.
        const mayAgain =
          error instanceof Refused && (error.status === undefined || error.status >= 500) && method !== 'POST'
        if (!mayAgain || tried === TRIES) throw error
        await new Promise(done => setTimeout(done, tried * this.#pause))
      }
    }
  }

  async #askOnce(method, path, body) {
    const headers = {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${this.#token}`,
      'x-github-api-version': '2022-11-28',
      'user-agent': 'vitest-arazzo',
    }
    const options = { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(30_000) }
    const response = await fetch(`${env.GITHUB_API_URL}${path}`, options).catch(error => {
      throw new Refused(`GitHub does not respond (${error.cause?.code ?? error.name})`)
    })
    const text = await response.text()
    if (!response.ok) throw new Refused(`GitHub responded with ${response.status}${messageIn(text)}`, response.status)
    return JSON.parse(text)
  }
}

/** What a refusal says, as a single plain line. */
function messageIn(text) {
  try {
    const message = String(JSON.parse(text).message)
      .replaceAll(/[^\w .,:;()'"/-]/g, ' ')
      .slice(0, 200)
    return ` (${message})`
  } catch {
    return ''
  }
}

/** The first line of a comment, by which it is found again: jobs with artifacts of different names have one each. */
export function markerOf(name) {
  const plain = name.replaceAll(/[^\w. ]+/g, '-')
  return plain === 'vitest-arazzo' ? '<!-- vitest-arazzo -->' : `<!-- vitest-arazzo: ${plain} -->`
}

/**
 * Of which commit a comment is, and where its job is: both from GitHub itself.
 *
 * @param pages address of the archive with the pages; empty if it is not known.
 */
export function footer(commit, run, pages = '') {
  const url = `${env.GITHUB_SERVER_URL}/${env.GITHUB_REPOSITORY}/actions/runs/${run}`
  const where = pages === '' ? 'which has the reports' : `with [its pages](${pages}): open index.html in the archive`
  return `<sub>Of ${commit.slice(0, 7)}, by [this run](${url}), ${where}.</sub>`
}
