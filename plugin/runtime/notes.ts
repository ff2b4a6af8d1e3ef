/** Start of the note of a test that is skipped since its run has decided nothing. */
export const UNDECIDED = 'inconclusive: '
