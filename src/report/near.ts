/** A bound so many times above all values is told in words, and not drawn: lines would lie at the bottom. */
const FARTHEST = 3

/** Whether a bound is drawn in a chart whose values go up to `most`. */
export const isNear = (bound: number, most: number): boolean => bound <= most * FARTHEST
