/** A bound above all values by more than this factor is listed and not drawn: the lines would be at the bottom. */
const FARTHEST = 3

/** Whether a bound is drawn in a chart whose values go up to `most`. */
export const isNear = (bound: number, most: number): boolean => bound <= most * FARTHEST
