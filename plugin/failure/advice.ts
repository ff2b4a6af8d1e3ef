import { isRedirect } from '../../src/http/redirect.ts'
import type { Check, StepRun } from '../../src/workflow/outcome.ts'

/**
 * What a response that failed its step says about where to look; undefined where it says nothing.
 *
 * @param hasLog whether the application's own log is shown with it.
 */
export function adviceFor(run: StepRun, unmet: readonly Check[], hasLog: boolean): string | undefined {
  const { response } = run.exchange ?? {}
  if (response === undefined) return undefined
  const { status, headers, body } = response
  const { location } = headers
  // One that is followed is not the response that the step gets.
  if (isRedirect(status) && location !== undefined)
    return (
      `It redirects to ${cut(location, 200)}, and redirects are not followed: set followRedirects: true to follow ` +
      'them.'
    )
  const misread = [...unmet.map(({ error }) => error), 'error' in run ? run.error : undefined]
  if (isHtml(headers['content-type'], body) && misread.some(error => error?.includes('expected XML')))
    return `${pageOf(body)}, and it is not well-formed XML, which XPath needs. Match its text by a regex.`
  // Without a check that is not met, a value of the body was to be an output.
  if (isHtml(headers['content-type'], body) && (unmet.length === 0 || unmet.some(isOfBody)))
    return `${pageOf(body)}, not JSON. Check the URL, and whether the request has to be logged in.`
  if (run.refusal !== undefined)
    return "Its token was refused, and so is the one that was fetched anew: check the token's scopes and audience."
  if (status === 401 || status === 403)
    return 'The server refused the credentials: check the inputs and the security of the operation.'
  if (status < 500) return unmet.some(isOfStatus) ? describeIt(status) : undefined
  return hasLog
    ? 'The server reports a fault of its own: its log is below.'
    : "The server reports a fault of its own: see the application's log."
}

/** Whether a check is that the description knows the status. */
const isOfStatus = ({ kind, condition }: Check) => kind === 'openapi' && condition === 'OpenAPI: status is documented'

const describeIt = (status: number) =>
  `Add ${status} to the responses of the operation in its description, or let the application respond as described.`

/** Whether a check is about what JSON holds. */
function isOfBody({ kind, condition }: Check): boolean {
  return kind === 'openapi' ? /^OpenAPI: (?:body|content type) /.test(condition) : condition.includes('$response.body')
}

/** By what it says of itself, and by what it looks like where that is something else. */
function isHtml(contentType: string | undefined, body: unknown): body is string {
  if (typeof body !== 'string') return false
  return /^\s*(?:text\/html|application\/xhtml)/i.test(contentType ?? '') || /^\s*<(?:!doctype html|html)\b/i.test(body)
}

/** Characters of a page among which its title is looked for. */
const BEGINNING = 4_000

function pageOf(body: string): string {
  const title = /<title[^<>]*>([^<]*)</i.exec(body.slice(0, BEGINNING))?.[1]?.replaceAll(/\s+/g, ' ').trim() ?? ''
  return `The response is an HTML page${title === '' ? '' : ` ("${cut(title, 60)}")`}`
}

const cut = (text: string, length: number) => (text.length > length ? `${text.slice(0, length - 3)}...` : text)
