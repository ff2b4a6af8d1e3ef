/** What the module exports. */
export { leap, modeAt, openAt } from './leap'
export { plainEnd } from './plain-end'
export { at, depthAt, high, items, low, skip } from './skip'
