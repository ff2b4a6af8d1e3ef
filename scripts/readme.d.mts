/** Code blocks of a Markdown file that name their file in a comment on the first line, in order. */
export function files(path: string): { file: string; text: string }[]
/** All code blocks of a Markdown file, in order, without their fences. */
export function blocks(path: string): string[]
/** Files of the first project, from a root that has its pages. */
export function projectFiles(root: string): { file: string; text: string }[]
/** All code blocks of the pages of the first project. */
export function projectBlocks(root: string): string[]
