import type { Fields } from '../../src/ground/fields.ts'
import { isObject } from '../../src/ground/object.ts'
import { quoted } from '../../src/ground/words.ts'
import { addressFaults, unknownApplication } from '../../src/load/plan/addresses.ts'

/**
 * What is wrong with the plugin's `servers` and `compare` where applications have names: which of several is meant has
 * to be said.
 */
export function checkAddresses(options: Fields, names: readonly string[]): void {
  const [first, second] = names
  if (first === undefined) return
  const servers = options.get('servers')
  if (second !== undefined && options.has('compare'))
    options.fault('compare', 'it compares one application, and there are several', 'Give their tests another project.')
  if (second !== undefined && servers === undefined) {
    const found = `there are several applications (${quoted(names)}), and requests may go to any of them`
    return options.fault('servers', found, `Write which: '${first}', or one for each source: { shop: '${first}' }.`)
  }
  if (typeof servers === 'string') checkText(options, 'servers', servers, names)
  else if (isObject(servers)) {
    const fields = options.part('servers', servers)
    for (const source of fields.keys) checkText(fields, source, fields.get(source), names)
  }
}

function checkText(fields: Fields, key: string, text: unknown, names: readonly string[]): void {
  if (typeof text !== 'string' || names.includes(text)) return
  if (APPLICATION_LIKE.test(text)) {
    const { found, advice } = unknownApplication(text, names)
    fields.fault(key, found, advice)
  }
  if (names.length > 1 && text.includes('{port}'))
    fields.fault(key, 'several applications have a port', `Write which: {${names[0]}.port}.`)
  for (const { found, advice } of addressFaults(text, names)) fields.fault(key, found, advice)
}

/** Neither a URL nor a path. */
const APPLICATION_LIKE = /^[A-Za-z][\w-]*$/
