/* What a step of a job has to do with its job: the event, outputs, the summary, and the one voice of errors. */
import { appendFileSync, readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import process, { env } from 'node:process'
import { escaped } from './escape.mjs'

/** The event that started the workflow, as GitHub tells of it. */
export const readEvent = () => JSON.parse(readFileSync(env.GITHUB_EVENT_PATH, 'utf8'))

/** An error that is told without its stack. */
export class Told extends Error {}

/** `Failed to <verb> <thing>: <found>. <What to do.>` */
export function failed(verb, thing, found, advice) {
  return new Told(
    `Failed to ${verb} ${thing}: ${/[.!?]$/.test(found) ? found : `${found}.`}${advice ? ` ${advice}` : ''}`,
  )
}

/** Whether a file is there. Throws if it is anything else, which may have no end: a pipe, a device, a folder. */
export function isThere(file) {
  const stats = statSync(file, { throwIfNoEntry: false })
  if (stats !== undefined && !stats.isFile()) throw failed('read', basename(file), 'it is no file')
  return stats !== undefined
}

/** Runs a step; what is told goes to the log, to the summary, and makes the step fail. */
export async function step(run) {
  try {
    await run()
  } catch (error) {
    if (!(error instanceof Told)) throw error
    console.error(`::error::${ofCommand(error.message)}`)
    addToSummary(`> [!CAUTION]\n> ${escaped(error.message)}`)
    process.exitCode = 1
  }
}

export function setOutput(name, value) {
  if (/[\r\n]/.test(value)) throw failed('set', `the output ${name}`, 'it has a line break')
  appendFileSync(env.GITHUB_OUTPUT, `${name}=${value}\n`)
}

export function addToSummary(markdown) {
  if (env.GITHUB_STEP_SUMMARY) appendFileSync(env.GITHUB_STEP_SUMMARY, `\n${markdown}\n`)
}

export function notice(message) {
  console.log(`::notice::${ofCommand(message)}`)
  addToSummary(`> [!NOTE]\n> ${escaped(message)}`)
}

/** A message as the runner's commands take it. */
const ofCommand = text => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
