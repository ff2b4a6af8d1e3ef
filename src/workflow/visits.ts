/** Step visits of a run, after which it is given up as a runaway. */
export const MOST_VISITS = 10_000
