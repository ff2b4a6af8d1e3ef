import type { Case } from '../case.ts'
import { bigBodies } from './big-bodies.ts'
import { bigIntegers } from './big-integers.ts'
import { connections } from './connections.ts'
import { cookiesAndText } from './cookies-and-text.ts'
import { criteria } from './criteria.ts'
import { events } from './events.ts'
import { flow } from './flow.ts'
import { jsonBodies } from './json-bodies.ts'
import { queries } from './queries.ts'
import { requestBodies, requests } from './requests.ts'
import { bodies, headers, statuses } from './responses.ts'
import { openapi, session } from './session.ts'

export const documents: Record<string, readonly Case[]> = {
  'headers of responses': headers,
  'statuses and interim responses': statuses,
  'bodies of responses': bodies,
  'JSON to the letter': jsonBodies,
  'bodies of more than a megabyte': bigBodies,
  'long integers': bigIntegers,
  'JSONPath on bodies': queries,
  'connections that end, and responses that do not': connections,
  'event streams': events,
  criteria,
  flow,
  'parameters of requests': requests,
  'bodies of requests': requestBodies,
  'cookies, redirects, security': session,
  'values from cookies and from text': cookiesAndText,
  'responses held against OpenAPI': openapi,
}
