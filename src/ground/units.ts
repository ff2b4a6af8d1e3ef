import { suggestion } from './errors.ts'
import { asUserError, sentenceOf } from './fault.ts'
import { show } from './show.ts'
/** Milliseconds, fractions allowed. */
export type Milliseconds = number
/** Events a second. */
export type PerSecond = number
/** Bytes; `MB` in text means 1,000,000 bytes and `MiB` 1,048,576. */
export type Bytes = number
/** A share of one: 0.001 is 0.1 %. */
export type Share = number

/** Unreadable quantity. Its place is unknown here, and is added by the caller. */
export class UnitError extends Error {
  override readonly name = 'UnitError'
  /** Expected quantity: `duration`. */
  readonly quantity: string
  /** Text as written, in quotes where it was text. */
  readonly shown: string
  /** Finding: `"MB" is not a unit of time`. */
  readonly found: string
  /** The forms that are taken, as a sentence. */
  readonly advice: string

  constructor(quantity: string, input: unknown, found: string, advice: string) {
    const fault = { verb: 'read', thing: `${quantity} ${show(input)}`, found, advice }
    super(sentenceOf(fault))
    asUserError(this, fault)
    this.quantity = quantity
    this.shown = show(input)
    this.found = found
    this.advice = advice
  }
}

interface Quantity {
  name: string
  /** Completes `"MB" is not a …`. */
  unit: string
  advice: string
  /** Factor to the canonical unit, by lower-case unit; `''` where a bare number in text is clear enough. */
  units: Readonly<Record<string, number>>
}

const duration: Quantity = {
  name: 'duration',
  unit: 'unit of time',
  advice: "Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.",
  units: { us: 0.001, µs: 0.001, μs: 0.001, ms: 1, s: 1000, sec: 1000, m: 60_000, min: 60_000, h: 3_600_000 },
}

const size: Quantity = {
  name: 'size',
  unit: 'unit of size',
  advice:
    "Write bytes as a number, or text such as '200MB' (1 MB is 1,000,000 bytes) or '200MiB' (1 MiB is 1,048,576).",
  units: { b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 },
}

const share: Quantity = {
  name: 'share',
  unit: 'unit of a share',
  advice: "Write a number from 0 to 1, or text such as '0.1%'.",
  units: { '': 1, '%': 0.01 },
}

const growth: Quantity = {
  name: 'growth',
  unit: 'unit of growth',
  advice: "Write what may be added and per what: '1MB/min', '10MB/h', '100KB/1000 requests' or '50 bytes/request'.",
  units: { ...size.units, bytes: 1 },
}

const rate: Quantity = {
  name: 'rate',
  unit: 'unit of a rate',
  advice: "Write events a second as a number, or text such as '1000', '1000/s', '1000 rps' or '60/min'.",
  units: {
    '': 1,
    '/s': 1,
    '/sec': 1,
    rps: 1,
    'req/s': 1,
    'requests/s': 1,
    'iterations/s': 1,
    '/m': 1 / 60,
    '/min': 1 / 60,
    '/h': 1 / 3600,
  },
}

const cpu: Quantity = {
  name: 'CPU share',
  unit: 'unit of CPU',
  advice: "Write a share of one core as a number (0.7), or text such as '70%', '1.5 cores' or '70% of machine'.",
  units: { '%': 0.01, '% of one core': 0.01, '% of a core': 0.01, core: 1, cores: 1 },
}

/** Milliseconds of `'100ms'`, `'30s'`, `'2m'`, `'1m30s'`, `'1h'`, `'250us'`, or of a number of milliseconds. */
export function parseDuration(input: unknown): Milliseconds {
  if (typeof input !== 'string') return plainNumber(duration, input)
  const parts = input.trim().match(/[^a-zµμ]+[a-zµμ]+/gi)
  if (parts === null || parts.length === 1 || parts.join('') !== input.trim()) return quantity(duration, input, input)
  return exact(parts.reduce((sum, part) => sum + quantity(duration, part, input), 0))
}

/** Bytes of `'200MB'` (decimal) or `'200MiB'` (binary), or of a number of bytes. */
export function parseBytes(input: unknown): Bytes {
  return amountOf(size, input)
}

/** Share of one of `'0.1%'` or `0.001`. */
export function parseShare(input: unknown): Share {
  const value = amountOf(share, input)
  if (value <= 1) return value
  const meant = typeof input === 'number' && input <= 100 ? `. Did you mean '${input}%'?` : ''
  throw new UnitError(share.name, input, `it is more than the whole${meant}`, share.advice)
}

/** Events a second of `'1000'`, `'1000/s'`, `'1000 rps'`, `'60/min'`, or of a number a second. */
export function parseRate(input: unknown): PerSecond {
  return amountOf(rate, input)
}

/**
 * Share of one core of `0.7`, `'70%'` (of one core, as `top` shows it), `'1.5 cores'`, or `'70% of machine'`.
 * @param cores of the machine that is measured.
 */
export function parseCpu(input: unknown, cores: number): Share {
  if (typeof input === 'string') {
    const machine = { '% of machine': cores / 100, '% of the machine': cores / 100 }
    return quantity({ ...cpu, units: { ...cpu.units, ...machine } }, input, input)
  }
  const value = plainNumber(cpu, input)
  if (value <= cores) return value
  const found = `a number is a share of one core, and this machine has ${cores}. Did you mean '${value}%'?`
  throw new UnitError(cpu.name, input, found, cpu.advice)
}

/** Reference of a growth: per minute, or per 1,000 requests. */
type GrowthUnit = 'minute' | '1000 requests'

const growths: readonly (readonly [words: string, per: GrowthUnit, each: number])[] = [
  ['s sec second seconds', 'minute', 60],
  ['m min minute minutes', 'minute', 1],
  ['h hour hours', 'minute', 1 / 60],
  ['request requests req', '1000 requests', 1000],
]
const byWord = new Map(growths.flatMap(([words, per, each]) => words.split(' ').map(word => [word, { per, each }])))

/**
 * Bytes a minute of `'1MB/min'`, `'10MB/h'`; for every 1,000 requests of `'100KB/1000 requests'`, `'50 bytes/request'`.
 */
export function parseGrowth(input: unknown): { bytes: Bytes; per: GrowthUnit } {
  if (typeof input !== 'string') throw new UnitError(growth.name, input, 'it does not say per what', growth.advice)
  const [, amount, count, word] = /^(.*?)\s*(?:\/|\bper\b)\s*([\d.,_]*)\s*([a-z]+)$/i.exec(input.trim()) ?? []
  const known = byWord.get(word?.toLowerCase() ?? '')
  if (amount === undefined || word === undefined)
    throw new UnitError(growth.name, input, 'it does not say per what', growth.advice)
  const each = count === '' ? 1 : Number(count?.replace(/[,_]/g, ''))
  if (known === undefined || !(each > 0)) {
    const meant = known === undefined ? suggestion(word, byWord.keys()) : undefined
    const advice = meant === undefined ? growth.advice : `${meant} ${growth.advice}`
    throw new UnitError(growth.name, input, `"${`${count} ${word}`.trim()}" is nothing to grow with`, advice)
  }
  return { bytes: exact((quantity(growth, amount, input) * known.each) / each), per: known.per }
}

const number: Quantity = {
  name: 'number',
  unit: 'unit: the value of a series has no unit',
  advice: "Write a number, or text such as '< 100'.",
  units: { '': 1 },
}

/** A number, also as text. */
export function parseNumber(input: unknown): number {
  return amountOf(number, input)
}

/* ---- reading ---- */

const amountOf = (of: Quantity, input: unknown): number =>
  typeof input === 'string' ? quantity(of, input, input) : plainNumber(of, input)

// `1000`, `1000.5`, `.5`, and thousands as people group them: `1,000`, `1_000`.
const written = /^([+-]?)(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d[\d_]*(?:\.\d+)?|\.\d+)\s*(.*)$/s

function quantity(of: Quantity, text: string, input: string): number {
  const [, sign, digits, rest] = written.exec(text.trim()) ?? []
  const fail = (found: string) => new UnitError(of.name, input, found, of.advice)
  if (digits === undefined || rest === undefined) throw fail('it does not begin with a number')
  if (sign === '-') throw fail('it is negative')
  const unit = rest.trim().replace(/\s+/g, ' ')
  const factor = of.units[unit.toLowerCase()]
  if (factor !== undefined) return exact(Number(digits.replace(/[,_]/g, '')) * factor)
  throw fail(unit === '' ? 'it has no unit' : `"${unit}" is not a ${of.unit}`)
}

function plainNumber(of: Quantity, input: unknown): number {
  const fail = (found: string) => new UnitError(of.name, input, found, of.advice)
  if (typeof input !== 'number') throw fail('it is neither a number nor text')
  if (!Number.isFinite(input)) throw fail('it is not a finite number')
  if (input < 0) throw fail('it is negative')
  return input
}

/** Takes out what binary fractions add: 99.9 * 0.01 is 0.999, not 0.9990000000000001. */
const exact = (value: number): number => Number(value.toPrecision(15))

/* ---- writing ---- */

/** Digits with which a formatter keeps a bound as it was written. */
export const EXACT = 15

/** `87.2 ms`, `1.23 s`, `2 min 5 s`. */
export function formatMs(value: Milliseconds, digits = 3): string {
  if (!Number.isFinite(value)) return 'n/a'
  const ms = significant(value, digits)
  if (Math.abs(Number(ms)) < 1000) return `${ms} ms`
  const seconds = significant(value / 1000, digits)
  if (Math.abs(Number(seconds)) < 120) return `${seconds} s`
  const whole = digits === EXACT ? exact(value / 1000) : Math.round(value / 1000)
  const parts = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), exact(whole % 60)]
  return parts.flatMap((part, i) => (part === 0 ? [] : [`${part} ${['h', 'min', 's'][i]}`])).join(' ')
}

/** `199 MB`, `1.21 GB`; `200 MiB` when asked for binary units. */
export function formatBytes(value: Bytes, digits = 3, system: 'decimal' | 'binary' = 'decimal'): string {
  if (!Number.isFinite(value)) return 'n/a'
  const step = system === 'binary' ? 1024 : 1000
  const names = system === 'binary' ? ['B', 'KiB', 'MiB', 'GiB', 'TiB'] : ['B', 'kB', 'MB', 'GB', 'TB']
  for (let power = 0; ; power++) {
    const text = significant(value / step ** power, digits)
    if (Math.abs(Number(text)) < step || power === names.length - 1) return `${text} ${names[power]}`
  }
}

/** `0.12 %`, `70 %`. */
export function formatShare(value: Share, digits = 3): string {
  const percent = value * 100
  // A share that is finite need not be so in percent.
  return Number.isFinite(percent) ? `${grouped(significant(percent, digits))} %` : 'n/a'
}

/** `12,395/s`, `0.5/s`. */
export function formatRate(value: PerSecond, digits = 3): string {
  return Number.isFinite(value) ? `${grouped(significant(value, digits))}/s` : 'n/a'
}

/** `12,395`, `0.042`. */
export function formatNumber(value: number, digits = 3): string {
  return Number.isFinite(value) ? grouped(significant(value, digits)) : 'n/a'
}

/** `12,395`. */
export function formatCount(value: number): string {
  return Number.isFinite(value) ? grouped(String(Math.round(value))) : 'n/a'
}

/** Rounds to so many significant digits, but never rounding before the point, without trailing zeros or an exponent. */
function significant(value: number, digits: number): string {
  if (value === 0) return '0'
  const before = Math.floor(Math.log10(Math.abs(value))) + 1
  const rounded = Number(value.toPrecision(Math.min(Math.max(digits, before, 1), 21)))
  const after = Math.floor(Math.log10(Math.abs(rounded))) + 1
  const text = rounded.toFixed(Math.min(Math.max(digits - after, 0), 20))
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

function grouped(text: string): string {
  const [whole = '', fraction] = text.split('.')
  const thousands = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? thousands : `${thousands}.${fraction}`
}

/** Whether a value is a finite number from 0 on. */
export const isAmount = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY
