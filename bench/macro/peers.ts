import type { BareRequest } from '../bare-dispatch.ts'

/** What a program printed of its run. */
interface Printed {
  requestsPerSecond: number
  requests: number
  errors: number
}

export interface Peer {
  name: 'wrk' | 'ab' | 'hey'
  /** Whether it can send more than one kind of request. */
  isVaried: boolean
  /** @param file writes what is only taken from a file, and answers with its path. */
  command(
    url: string,
    requests: readonly BareRequest[],
    size: { connections: number; seconds: number },
    file: (name: string, text: string) => string,
  ): string[]
  read(output: string): Printed
}

const pairs = (headers: readonly string[] = []) =>
  Array.from({ length: headers.length / 2 }, (_, n) => [headers[2 * n]!, headers[2 * n + 1]!] as const)

function number(output: string, pattern: RegExp): number {
  return Number(pattern.exec(output)?.[1] ?? Number.NaN)
}

const sum = (output: string, pattern: RegExp) =>
  [...output.matchAll(pattern)].reduce((total, [, count]) => total + Number(count), 0)

/** One request is set once, which costs nothing while it runs; several are laid out once and returned in turn. */
function lua(requests: readonly BareRequest[]): string {
  const literal = JSON.stringify
  const table = (headers?: readonly string[]) =>
    `{${pairs(headers)
      .map(([name, value]) => `[${literal(name)}]=${literal(value)}`)
      .join(',')}}`
  const [{ method, headers, body }] = requests as [BareRequest]
  if (requests.length === 1)
    return `wrk.method=${literal(method)}\nwrk.headers=${table(headers)}\n${body === undefined ? '' : `wrk.body=${literal(body)}`}\n`
  const formatted = requests.map(
    ({ method, path, headers, body }) =>
      `wrk.format(${literal(method)},${literal(path)},${table(headers)},${body === undefined ? 'nil' : literal(body)})`,
  )
  return `local all, n = {}, 0
function init() all = { ${formatted.join(', ')} } end
function request() n = n % ${requests.length} + 1 return all[n] end
`
}

const wrk: Peer = {
  name: 'wrk',
  isVaried: true,
  command(url, requests, { connections, seconds }, file) {
    const isPlain = requests.length === 1 && requests[0]!.method === 'GET'
    const script = isPlain ? [] : ['-s', file(`${requests.length}.lua`, lua(requests))]
    return ['wrk', '-t', '1', '-c', String(connections), '-d', `${seconds}s`, ...script, url]
  },
  read: output => ({
    requestsPerSecond: number(output, /Requests\/sec:\s+([\d.]+)/),
    requests: number(output, /(\d+) requests in/),
    errors: sum(output, /Non-2xx or 3xx responses: (\d+)/g) + sum(output, /(?:connect|read|write|timeout) (\d+)/g),
  }),
}

const ab: Peer = {
  name: 'ab',
  isVaried: false,
  command(url, [request], { connections, seconds }, file) {
    const { headers, body } = request!
    const type = pairs(headers).find(([name]) => name === 'content-type')?.[1]
    const post = body === undefined ? [] : ['-p', file('body', body), '-T', type!]
    // Without a number of requests after it, a time means 50,000 of them at most.
    return [
      ...['ab', '-q', '-k', '-c', String(connections), '-t', String(Math.ceil(seconds)), '-n', '5000000'],
      ...[...post, url],
    ]
  },
  read: output => ({
    requestsPerSecond: number(output, /Requests per second:\s+([\d.]+)/),
    requests: number(output, /Complete requests:\s+(\d+)/),
    errors: sum(output, /Failed requests:\s+(\d+)/g) + sum(output, /Non-2xx responses:\s+(\d+)/g),
  }),
}

const hey: Peer = {
  name: 'hey',
  isVaried: false,
  command(url, [request], { connections, seconds }) {
    const { method, headers, body } = request!
    return [
      ...['hey', '-z', `${seconds}s`, '-c', String(connections), '-cpus', '1', '-m', method],
      ...pairs(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
      ...(body === undefined ? [] : ['-d', body]),
      url,
    ]
  },
  read: output => ({
    requestsPerSecond: number(output, /Requests\/sec:\s+([\d.]+)/),
    requests: sum(output, /\[\d{3}\]\s+(\d+) responses/g),
    errors: sum(output, /\[[13-5]\d\d\]\s+(\d+) responses/g) + sum(output, /^\s+\[(\d+)\]\s+[A-Z]/gm),
  }),
}

export const peers: readonly Peer[] = [wrk, ab, hey]
