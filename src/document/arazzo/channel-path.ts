import type { Location } from '../../ground/errors.ts'
import { escapeToken } from '../../ground/pointer.ts'
import { tokensOf } from '../file/pointer.ts'
import type { LoadedDocument, LoadedSource, Reading } from '../loaded/loaded.ts'
import type { Channel } from '../model.ts'
import type { Finding } from '../problems.ts'
import { suggest } from '../suggest.ts'
import { sourceOf } from './operation-path.ts'

export interface FoundChannel {
  readonly source: string
  readonly channel: Channel
}

/** The channel of a `channelPath`: `{$sourceDescriptions.<name>.url}#/channels/orders`. */
export function findChannel(
  written: string,
  at: Location,
  document: LoadedDocument,
  reading: Reading,
): FoundChannel | undefined {
  const report = (finding: Omit<Finding, 'at' | 'failed' | 'firm'>) =>
    reading.problems.add({
      firm: finding.severity !== 'warning',
      at,
      failed: `resolve channelPath ${written}`,
      ...finding,
    })
  const hash = written.indexOf('#')
  const [prefix, pointer] = hash < 0 ? [written, ''] : [written.slice(0, hash), written.slice(hash)]
  const source = sourceOf(prefix, pointer, document, report, channelIn)
  if (!source || source.type === 'broken') return undefined
  if (source.type !== 'asyncapi') {
    return report({
      code: 'undefined-operation',
      found: `source "${source.name}" is not an AsyncAPI description, and has no channels`,
      hint: 'Use `operationId` or `operationPath`.',
    })
  }
  const [section, name, ...rest] = tokensOf(pointer.slice(1))
  const isChannel = section === 'channels' && name !== undefined && rest.length === 0
  const channel = isChannel ? source.asyncapi.channel(name) : undefined
  if (channel) return { source: source.name, channel }
  return report({
    code: 'undefined-operation',
    found: isChannel ? `the description has no channel "${name}"` : 'the pointer leads to no channel',
    hint: isChannel
      ? suggest(name, source.asyncapi.channels, 'channels')
      : 'Write the channel behind #/channels/, with ~1 for each slash; an operation is named by `operationId`.',
  })
}

/** The pointer of the channel that is meant, else how one is written. */
function channelIn(source: LoadedSource | undefined, written: string): string {
  const names = source?.type === 'asyncapi' ? [...source.asyncapi.channels] : []
  const meant = names.find(name => name === written.replace(/^\//, ''))
  return meant === undefined ? '#/channels/<channel>' : `#/channels/${escapeToken(meant)}`
}
