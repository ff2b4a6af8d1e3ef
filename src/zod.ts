/** The one door to zod: documents and results have shapes of their own. */
export { z } from 'zod'
