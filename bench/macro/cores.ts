import { availableParallelism } from 'node:os'

/** Core n has number n: of a machine whose cores are all there. */
const all = Array.from({ length: availableParallelism() }, (_, core) => String(core))

/** One core each, as the peers of a comparison have it. */
export const generatorCore = '0'
export const targetCore = '1'

/** For scaling: one half of the machine each, so that the target does not hold the generator back. */
export const generatorCores = all.slice(0, Math.max(1, Math.floor(all.length / 2)))
export const targetCores = all.slice(generatorCores.length)
