import process from 'node:process'
import { createInterface } from 'node:readline/promises'
import type { Operation } from '../../document/model.ts'
import { suggestion } from '../../ground/errors.ts'
import { grouped } from '../../ground/group.ts'
import { plain } from '../../ground/plain.ts'
import { firstOf } from '../../ground/words.ts'
import { misuse } from '../flags.ts'

/** The largest number of operations for which all tags are taken without a question. */
const FEW = 40

/** The largest number of tags that a question lists. */
const MOST_LISTED = 30

/**
 * Tags whose operations become workflows: those of the flag; in a terminal the answer to a question if there are many
 * operations. All, which is undefined, otherwise. Throws Misuse if a tag does not exist.
 *
 * @param written names with commas between them.
 */
export async function tagsToWrite(
  operations: readonly Operation[],
  written: string | undefined,
): Promise<ReadonlySet<string> | undefined> {
  const byTag = grouped(
    operations.flatMap(({ tags }) => tags),
    tag => tag,
  )
  const listed = (texts: readonly string[]) => firstOf(texts, MOST_LISTED, left => `and ${left} more`).join(', ')
  const isAsked = written === undefined && operations.length > FEW && byTag.size > 1
  if (isAsked) {
    const counts = [...byTag].map(([tag, all]) => `${tag} (${all.length})`)
    console.log(plain(`The file has ${operations.length} operations, with these tags: ${listed(counts)}.`))
  }
  const answer = isAsked ? await ask('Tags to write workflows for, with commas between them (Enter: all): ') : written
  if (isAsked && !answer) {
    console.log('All are taken. Use --tags to take some.\n')
    return undefined
  }
  if (answer === undefined) return undefined
  const named = answer.split(',').map(tag => tag.trim())
  const unknown = named.filter(tag => !byTag.has(tag))
  if (unknown.length === 0) return new Set(named)
  const advice =
    suggestion(unknown[0]!, byTag.keys()) ??
    (byTag.size > 0 ? `Write some of: ${listed([...byTag.keys()])}.` : 'Leave --tags out: no operation has tags.')
  throw misuse('choose', 'operations by their tags', `none has the tag "${unknown.join('", "')}"`, advice)
}

/** Whether the plugin is to start the application by a script of package.json; undefined without a terminal. */
export async function isStartedBy(script: string): Promise<boolean | undefined> {
  const answer = await ask(`Start the application by "${script}" in each run, with a free port in PORT? [Y/n] `)
  return answer === undefined ? undefined : /^(y(es)?)?$/i.test(answer)
}

/** The answer to a question; undefined without a terminal, and in CI. Throws Misuse if the input ends. */
async function ask(question: string): Promise<string | undefined> {
  const { env, stdin: input, stdout: output } = process
  if (!input.isTTY || !output.isTTY || env.CI) return undefined
  const lines = createInterface({ input, output })
  const ended = new Promise<undefined>(resolve => lines.once('close', () => resolve(undefined)))
  // Ctrl-C and Ctrl-D reject the question.
  const answer = await Promise.race([lines.question(question).catch(() => undefined), ended])
  lines.close()
  if (answer !== undefined) return answer.trim()
  throw misuse('write', 'the first files', 'a question was not answered', 'Answer it, or use --command and --tags.')
}
