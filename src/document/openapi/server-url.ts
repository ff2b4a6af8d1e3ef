import { asAddress } from '../../ground/address.ts'
import type { Location } from '../../ground/errors.ts'
import { given } from '../../ground/given.ts'
import { placeOfValue } from '../file/source-file.ts'
import type { Server } from '../model.ts'
import { isRaw, list, object, objects, type Raw, scalar, text } from '../raw.ts'
import type { OpenApiReader } from './reader.ts'

/** The servers of the first level that has any. */
export function readServers(levels: readonly Raw[], reader: OpenApiReader): Server[] {
  const servers = levels.map(level => objects(level, 'servers')).find(found => found.length > 0) ?? []
  const read = servers.map(server => readServer(server, reader))
  return read.length > 0 ? read : [{ url: '/', variables: {} }]
}

function readServer(raw: Raw, { problems }: OpenApiReader): Server {
  const variables = readVariables(raw)
  const url = text(raw, 'url')
  if (url === undefined) return { url: '/', variables }
  const at: Location = placeOfValue(raw, 'url')
  const address = asAddress(url)
  if (address !== undefined)
    problems.warn({
      code: 'invalid-openapi',
      at,
      failed: 'read a server',
      found: `"${url}" has no scheme, and is a path to whoever reads it by the rules`,
      hint: `Write "${address}", or https.`,
    })
  return given({ url, variables, at })
}

function readVariables(server: Raw): Server['variables'] {
  const variables: Record<string, Server['variables'][string]> = {}
  for (const [name, variable] of Object.entries(object(server, 'variables') ?? {})) {
    if (!isRaw(variable)) continue
    const values = list(variable, 'enum')
      .filter(value => typeof value !== 'object')
      .map(value => `${value}`)
    variables[name] = {
      default: scalar(variable, 'default') ?? values[0] ?? '',
      ...(values.length > 0 && { enum: values }),
    }
  }
  return variables
}
