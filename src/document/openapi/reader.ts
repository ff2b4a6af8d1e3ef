import type { References } from '../file/references.ts'
import type { Problems } from '../problems.ts'
import { isRaw, type Raw } from '../raw.ts'

/** What reading an OpenAPI description needs from its surroundings. */
export interface OpenApiReader {
  readonly references: References
  readonly problems: Problems
  /** An object behind its `$ref`s; what leads nowhere is reported and absent. */
  follow(value: unknown): Raw | undefined
  /** Reads what may not be needed: what leads nowhere is a warning. */
  lookAt(value: unknown): Raw | undefined
}

export function createOpenApiReader(references: References, problems: Problems): OpenApiReader {
  const behind = (value: unknown, severity: 'error' | 'warning') => {
    const target = references.follow(value, finding => problems.add({ ...finding, severity }))
    return isRaw(target) ? target : undefined
  }
  return { references, problems, follow: value => behind(value, 'error'), lookAt: value => behind(value, 'warning') }
}
