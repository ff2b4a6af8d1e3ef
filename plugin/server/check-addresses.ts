import type { Fields } from '../../src/ground/fields.ts'
import { isObject } from '../../src/ground/object.ts'
import { quoted } from '../../src/ground/words.ts'
import { addressFaults, unknownApplication } from '../../src/load/plan/addresses.ts'

/**
 * What is wrong with the plugin's `servers` and `compare` where applications have names: which of several is meant has
 * to be said.
 */
export function checkAddresses(options: Fields, names: readonly string[], http: readonly string[]): void {
  const [first, second] = names
  const server = options.get('server')
  const isNone = first === undefined ? isObject(server) && server.ready !== undefined : http.length === 0
  if (isNone && !options.has('servers'))
    return options.fault(
      'servers',
      'no application has "url", so that requests would go to the server of the description',
      "Write where they go: 'http://127.0.0.1:3000', or {} for that server.",
    )
  if (first === undefined) return
  const servers = options.get('servers')
  if (second !== undefined && options.has('compare'))
    options.fault('compare', 'it compares one application, and there are several', 'Give their tests another project.')
  if (http.length > 1 && servers === undefined) {
    const found = `there are several applications (${quoted(http)}), and requests may go to any of them`
    const advice = `Write which: '${http[0]}', or one for each source: { shop: '${http[0]}' }.`
    return options.fault('servers', found, advice)
  }
  if (typeof servers === 'string') checkText(options, 'servers', servers, names, http)
  else if (isObject(servers)) {
    const fields = options.part('servers', servers)
    for (const source of fields.keys) checkText(fields, source, fields.get(source), names, http)
  }
}

function checkText(fields: Fields, key: string, text: unknown, names: readonly string[], http: readonly string[]) {
  if (typeof text !== 'string' || http.includes(text)) return
  const [silent] = names.filter(name => !http.includes(name) && (text === name || text.includes(`{${name}.url}`)))
  if (silent !== undefined)
    return fields.fault(key, `application "${silent}" has no "url": it does not speak HTTP`, 'Write another.')
  if (APPLICATION_LIKE.test(text)) {
    const { found, advice } = unknownApplication(text, names)
    fields.fault(key, found, advice)
  }
  if (names.length > 1 && text.includes('{port}'))
    fields.fault(key, 'several applications have a port', `Write which: {${http[0] ?? names[0]}.port}.`)
  for (const { found, advice } of addressFaults(text, names)) fields.fault(key, found, advice)
}

/** Neither a URL nor a path. */
const APPLICATION_LIKE = /^[A-Za-z][\w-]*$/
