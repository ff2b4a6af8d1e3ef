/** When a run is given up as a runaway: after so many step visits. */
export const RUNAWAY = { visits: 10_000 }
