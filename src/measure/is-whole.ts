import type { LoadReport } from './report.ts'

/** Whether a run went to its end with all of its load: with less of that, figures are better than they would be. */
export const isWhole = ({ state, doubts }: Pick<LoadReport, 'state' | 'doubts'>): boolean =>
  state === 'completed' && !doubts.some(({ kind }) => kind === 'lost host')
