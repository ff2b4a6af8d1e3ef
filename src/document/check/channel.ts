import { placeOfKey } from '../file/source-file.ts'
import type { Reading } from '../loaded/loaded.ts'
import type { Channel } from '../model.ts'
import { has, type Raw } from '../raw.ts'
import { suggest } from '../suggest.ts'
import type { NamedStep, StepParameters } from './parameters.ts'

/** Reports what a message, or the address of its channel, has no place for, and what the address lacks. */
export function checkMessage(
  raw: Raw,
  target: { readonly action: 'send' | 'receive'; readonly channel: Channel },
  parameters: StepParameters,
  step: NamedStep,
  reading: Reading,
): void {
  const { action, channel } = target
  const failed = `read ${step.thing}`
  const useless = (field: string, found: string) => {
    if (!has(raw, field)) return
    reading.problems.warn({ code: 'irrelevant-field', at: placeOfKey(raw, field), failed, found, hint: 'Remove it.' })
  }
  if (action === 'send') useless('correlationId', '`correlationId` means nothing to a step that sends')
  else useless('requestBody', 'a step that receives sends no message')
  const holes = Object.keys(channel.parameters)
  for (const { name, in: place, at } of parameters.own) {
    const failed = `read parameter "${name}" of ${step.thing}`
    const add = (found: string, hint: string, severity?: 'warning') =>
      reading.problems.add({ code: 'unknown-parameter', severity, at, failed, found, hint })
    if (place === 'path' && !holes.includes(name)) {
      const hint = suggest(name, holes, 'parameters') ?? 'Remove it.'
      add(`the address ${channel.address} has no {${name}}`, hint, 'warning')
    } else if (place === 'header' && action === 'receive')
      add('a step that receives sends no headers', 'Remove it, or look at them in `successCriteria`.', 'warning')
    else if (place !== undefined && place !== 'path' && place !== 'header')
      add(`a message has no ${place}`, 'Use `in: header`, or `in: path` for the address of the channel.')
  }
  const given = [...parameters.own, ...parameters.shared].filter(one => one.in === 'path').map(one => one.name)
  for (const name of holes.filter(hole => !given.includes(hole))) {
    if (channel.parameters[name]!.default !== undefined) continue
    reading.problems.add({
      code: 'missing-parameter',
      at: step.at,
      failed,
      found: `the address ${channel.address} needs the parameter "${name}"`,
      hint: `Add to \`parameters\`: { name: ${name}, in: path, value: … }.`,
    })
  }
}

/** Fields that only steps on channels have. */
export function checkNoMessage(raw: Raw, thing: string, reading: Reading): void {
  for (const field of ['action', 'correlationId'].filter(name => has(raw, name))) {
    reading.problems.warn({
      code: 'irrelevant-field',
      at: placeOfKey(raw, field),
      failed: `read ${thing}`,
      found: `\`${field}\` is for steps that send or receive messages`,
      hint: 'Remove it, or name an operation or a channel of an AsyncAPI description.',
    })
  }
}
