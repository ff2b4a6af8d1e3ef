// Compiled by `npm run check`, never run: it fails there when a line below has other types than it says.
import { expectTypeOf } from 'vitest'
import { given } from '../../src/ground/given.ts'

interface Told {
  name: string
  hint?: string
}

declare const hint: string | undefined
declare const told: (told: Told) => void

// The type comes from where the object goes.
export const declared: Told = given({ name: '', hint })
export const perhaps: Told | undefined = given({ name: '', hint })
export const within: { told: Told } = { told: given({ name: '', hint }) }
export const returned = (): Told => given({ name: '', hint })
export const promised = async (): Promise<Told> => given({ name: '', hint })
told(given({ name: '', hint }))
expectTypeOf(given<Told>({ name: '', hint })).toEqualTypeOf<Told>()

// @ts-expect-error a key is missing
told(given({ hint }))
// @ts-expect-error a key may be undefined that must not
told(given({ name: hint }))
// @ts-expect-error there is no such key
told(given({ name: '', advice: '' }))
// @ts-expect-error a value of another type
told(given({ name: '', hint: 1 }))
// @ts-expect-error without a type, nothing is known of the object
given({ name: '' }).name
