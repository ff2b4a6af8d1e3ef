import { describe, test } from 'vitest'

export type Version = '1.0.1' | '1.1.0'

/**
 * How a rule is shown to hold: a workflow is run against a real server, a document is read and its model looked at,
 * or a document is not accepted, with a problem that says why.
 */
export type Kind = 'executed' | 'read' | 'refused'

export interface Details {
  /** The only version that has the rule; both have it otherwise. */
  only?: Version
  /** The fields of the section's object that the rule is about. */
  field?: string | readonly string[]
  /** The keyword of the text, where it has one. */
  level?: 'MUST' | 'SHALL' | 'SHOULD'
  /** The heading in docs/decisions.md, where the text leaves the answer open. */
  decides?: string
}

/** One line of the conformance table. */
interface Row extends Details {
  section: string
  version: Version
  kind: Kind
  rule: string
}

declare module 'vitest' {
  interface TaskMeta {
    conformance?: Row
  }
}

type Body = (version: Version) => unknown
type Rule = (rule: string, details: Details, body: Body) => void

/** Rules of one section of the specification; each becomes one test a version, and a row of the conformance table. */
export function section(name: string, shared: Details = {}): { readonly [kind in Kind]: Rule } {
  const of =
    (kind: Kind): Rule =>
    (rule, details, body) => {
      const all = { ...shared, ...details }
      const versions: Version[] = all.only ? [all.only] : ['1.0.1', '1.1.0']
      describe(name, () => {
        for (const version of versions) {
          test(`${rule} [${version}]`, async ({ task }) => {
            task.meta.conformance = { section: name, version, kind, rule, ...all }
            await body(version)
          })
        }
      })
    }
  return { executed: of('executed'), read: of('read'), refused: of('refused') }
}
