import { readdirSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { isFree } from '../../scripts/leftovers.mjs'
import { Random } from '../http/differential/random.ts'

/** A kind of attack: inputs that a seed decides, each of which is survived or not. */
export interface Kind {
  name: string
  /** How many inputs the quick part has, and how many the whole. */
  quick: number
  whole: number
  /** How many are made at once. Default 1. */
  lanes?: number
  /** Milliseconds after which an input has brought us to a halt. Default 60 s. */
  limit?: number
  /** Why it cannot be made here. */
  without?: string | undefined
  /**
   * Resolves to what went wrong, in a sentence, or undefined when the input was survived. Whatever is thrown went
   * wrong, too.
   */
  attack(random: Random, index: number): Promise<string | undefined>
}

export interface Outcome {
  name: string
  inputs: number
  survived: number
  /**
   * Sockets and files of this process that were open after all inputs and not before, and what the inputs themselves
   * left.
   */
  leftovers: number
  /** Of those that were not survived, with the seed of each. */
  faults: string[]
}

const LIMIT = 60_000

/** Runs one kind. An input depends on the seed and its index alone, so that one that went wrong can be tried again. */
export async function attackWith(kind: Kind, inputs: number, seed: number, first = 0): Promise<Outcome> {
  const found: [index: number, fault: string][] = []
  const attack = async (index: number) => {
    const fault = await outcomeOf(kind, index, seed)
    if (fault !== undefined) found.push([index, `${kind.name} ${index}, seed ${seed}: ${fault}`])
  }
  // Node.js opens a spare file with its first stream, and keeps it.
  await isFree(0)
  let before = openFiles()
  await attack(first)
  // What is opened once for all, with the first input, is not left by any.
  before += await leftSince(before)
  let next = first + 1
  const lane = async () => {
    while (next < first + inputs) await attack(next++)
  }
  await Promise.all(Array.from({ length: kind.lanes ?? 1 }, lane))
  const faults = found.sort(([a], [b]) => a - b).map(([, fault]) => fault)
  const leftovers = await leftSince(before)
  return { name: kind.name, inputs, survived: inputs - faults.length, leftovers, faults }
}

/** What went wrong with one input. */
async function outcomeOf(kind: Kind, index: number, seed: number): Promise<string | undefined> {
  const random = new Random(Math.imul(seed + 1, 0x9e3779b1) ^ (index * 0x85ebca6b))
  const stuck = new AbortController()
  const { limit = LIMIT } = kind
  const fault = await Promise.race([
    kind.attack(random, index).catch((error: Error) => `threw ${error.stack ?? error}`),
    setTimeout(limit, `took more than ${limit / 1_000} s`, { signal: stuck.signal }),
  ])
  stuck.abort()
  return fault
}

/** Open files, of which sockets are; 0 where the system does not tell. */
function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return 0
  }
}

/** Sockets that are being closed have a moment for it. */
async function leftSince(before: number): Promise<number> {
  let left = openFiles() - before
  for (let tries = 0; tries < 20 && left > 0; tries++) {
    await setTimeout(100)
    left = openFiles() - before
  }
  return Math.max(0, left)
}

export function table(outcomes: readonly Outcome[]): string[] {
  const rows = [
    ['kind', 'inputs', 'survived', 'leftovers'],
    ...outcomes.map(({ name, inputs, survived, leftovers }) => [name, ...[inputs, survived, leftovers].map(String)]),
  ]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  return rows.map(row =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  '),
  )
}

export const isSurvived = ({ inputs, survived, leftovers }: Outcome): boolean => survived === inputs && leftovers === 0
