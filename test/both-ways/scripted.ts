import { arazzo, project } from '../builders/project.ts'
import { type Answer, type Seen, serve } from '../builders/server.ts'
import { type BothWays, bothWays, type Document, reasonOf } from './both.ts'
import { asReceived } from './tap.ts'

export type Script = Record<string, Answer[]> | ((request: Seen, count: number) => Answer)

/** Answers each path by its list, the last again and again. */
function answering(script: Script): (request: Seen, count: number) => Answer {
  if (typeof script === 'function') return script
  const counts: Record<string, number> = {}
  return ({ url }) => {
    const path = url.split('?')[0]!
    const answers = script[path] ?? [{}]
    const count = counts[path] ?? 0
    counts[path] = count + 1
    return answers[Math.min(count, answers.length - 1)]!
  }
}

type Details = Omit<Partial<Document>, 'ref'> & {
  version?: string
  /** Of the document, after its workflows. */
  more?: string
}

/** Runs `main` of workflows over these files both ways, against a server that answers by a script. */
export function scripted(files: Record<string, string>) {
  return async (
    workflows: string,
    script: Script = {},
    { version = '1.1.0', more = '', ...document }: Details = {},
  ): Promise<BothWays & { paths: string[]; reason: string }> => {
    const folder = project({ ...files, 'flow.arazzo.yaml': arazzo(workflows, more, version) })
    const both = await bothWays({ ref: `${folder}/flow.arazzo.yaml#main`, ...document }, async () => {
      const { origin, seen } = await serve(answering(script))
      return {
        servers: origin,
        get received() {
          return seen.map(request => asReceived(request, request.body))
        },
      }
    })
    return { ...both, paths: both.received.map(({ url }) => url), reason: reasonOf(both.report) }
  }
}

export const ok = 'successCriteria: [{ condition: $statusCode == 200 }]'

/** The workflow `main` of steps, each written as the members of a YAML mapping. */
export const main = (...steps: string[]): string => `
  - workflowId: main
    steps:
${steps.map(step => `      - { ${step} }`).join('\n')}
`
