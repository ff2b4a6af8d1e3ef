import { LOOKS } from '../decision.ts'

/** Launches a side from which on budgets are decided: with fewer, intervals are too wide to be worth a decision. */
export const LEAST_LAUNCHES = LOOKS[0]!.pairs
