import type { Bytes, Milliseconds, PerSecond, Share } from '../ground/units.ts'
import * as z from '../ground/zod.ts'
import type { Merging, Rule } from './rules.ts'

/** Kind of value: its type, its schema and its unit. */
export interface Kind<T, IsOptional extends boolean = boolean> {
  /** Schema of zod, whose types stay out of the published ones: zod is part of the built package. */
  readonly schema: unknown
  readonly isOptional: IsOptional
  /** Type only; never there. */
  readonly value?: T
}

/** Kind of value with the rule by which two values become one. */
export interface Field<T, IsOptional extends boolean = boolean> extends Kind<T, IsOptional> {
  readonly merge: (a: never, b: never, at: Merging) => unknown
  /** Value of an absent field in a merge. Without it, the present value is kept. */
  readonly absent?: T
  /** The rule is asked even where both lack the field: it looks at others too. */
  readonly isAsked?: boolean
}

type Shape = Record<string, Kind<unknown>>
export type Fields = Record<string, Field<unknown>>

export type ValueOf<K> = K extends Kind<infer T> ? T : never
type OptionalIn<S> = { [K in keyof S]: S[K] extends Kind<unknown, true> ? K : never }[keyof S]
type Present<S, K extends keyof S> = { [P in K]: ValueOf<S[P]> }
type Absent<S, K extends keyof S> = { [P in K]?: ValueOf<S[P]> }

/** Type of the objects that a shape describes; the comments of its members come along. */
export type Of<S extends Shape> = Plain<Present<S, Exclude<keyof S, OptionalIn<S>>> & Absent<S, OptionalIn<S>>>

/** Shown by editors with its members, and not with the names of the types that it is made of. */
type Plain<T> = T extends infer U ? { [K in keyof U]: U[K] } : never

/** Field of a table: it has a rule, or it does not compile. */
export function field<T, O extends boolean>(
  { schema, isOptional }: Kind<T, O>,
  merge: Rule<NoInfer<T>>,
  absent?: NoInfer<T>,
): Field<T, O> {
  return { schema, isOptional, merge, absent }
}

/** Field whose rule looks at others too. */
export function asked<T, O extends boolean>(
  kind: Kind<T, O>,
  merge: Rule<NoInfer<T>>,
  absent: NoInfer<T>,
): Field<T, O> {
  return { ...field(kind, merge, absent), isAsked: true }
}

export const text = kind<string>(z.string())
export const flag = kind<boolean>(z.boolean())
/** Share of values that a percentile is not below. */
export const quantile = kind<number>(z.number().gt(0).lt(1))
export const moment = kind<string>(z.iso.datetime().describe('ISO 8601.'))
export const count = kind<number>(z.number().int().min(0))
/** Number in the unit of its context. */
export const number = kind<number>(z.number())
export const milliseconds = amount<Milliseconds>('Milliseconds.')
export const perSecond = amount<PerSecond>('A second.')
export const share = amount<Share>('Share of one.')
export const bytes = amount<Bytes>('Bytes.')
export const cores = amount<number>('Cores.')

export function oneOf<const T extends string>(...values: T[]): Kind<T, false> {
  return kind(z.enum(values))
}

export function only<const T extends string | number | boolean>(value: T): Kind<T, false> {
  return kind(z.literal(value))
}

export function list<T>(item: Kind<T>): Kind<T[], false> {
  return kind(z.array(schemaOf(item)))
}

export function byName<T>(item: Kind<T>): Kind<Record<string, T>, false> {
  return kind(z.record(z.string(), schemaOf(item)))
}

/** Open: a later version of the package may add fields, and a reader of this one passes over them. */
export function object<S extends Shape>(shape: S): Kind<Of<S>, false> {
  return kind(z.looseObject(Object.fromEntries(Object.entries(shape).map(([key, value]) => [key, schemaOf(value)]))))
}

export function anyOf<K extends [Kind<unknown>, Kind<unknown>, ...Kind<unknown>[]]>(
  ...kinds: K
): Kind<ValueOf<K[number]>, false> {
  return kind(z.union(kinds.map(schemaOf)))
}

/** Written elsewhere, and only passed on. */
export function opaque<T>(): Kind<T, false> {
  return kind(z.looseObject({}))
}

export function optional<T>({ schema }: Kind<T>): Kind<T, true> {
  return { schema: schemaOf({ schema, isOptional: false }).optional(), isOptional: true }
}

export function schemaOf({ schema }: Kind<unknown>): z.ZodType {
  return schema as z.ZodType
}

function kind<T>(schema: z.ZodType): Kind<T, false> {
  return { schema, isOptional: false }
}

function amount<T>(unit: string): Kind<T, false> {
  return kind(z.number().min(0).describe(unit))
}
