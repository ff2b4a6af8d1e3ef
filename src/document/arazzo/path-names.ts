import type { Reading } from '../loaded/loaded.ts'
import type { Operation, Parameter } from '../model.ts'

/**
 * Path parameters whose name differs from the operation's in case or separators only, under the operation's name:
 * `pet_id` for `petId`, as an example of the specification has it. Nothing else could be meant, and the path has no
 * other place for it.
 */
export function namedAsInPath(
  parameters: readonly Parameter[],
  operation: Operation,
  thing: string,
  reading: Reading,
): Parameter[] {
  const declared = operation.parameters.filter(({ in: place }) => place === 'path').map(({ name }) => name)
  const given = parameters.filter(({ in: place }) => place === 'path').map(({ name }) => name)
  const missing = declared.filter(name => !given.includes(name))
  return parameters.map(parameter => {
    if (parameter.in !== 'path' || declared.includes(parameter.name)) return parameter
    const [meant, other] = missing.filter(name => plain(name) === plain(parameter.name))
    if (meant === undefined || other !== undefined) return parameter
    reading.problems.warn({
      code: 'unknown-parameter',
      at: parameter.at,
      failed: `read parameter "${parameter.name}" of ${thing}`,
      found: `${operation.method} ${operation.path} has no path parameter of that name; it is taken for "${meant}"`,
      hint: `Write \`name: ${meant}\`.`,
    })
    return { ...parameter, name: meant }
  })
}

const plain = (name: string) => name.toLowerCase().replaceAll(/[-_.]/g, '')
