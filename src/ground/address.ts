/** A text without the user and the password of the URLs in it: what is told of an address is its place. */
export function withoutUser(text: string): string {
  return text.replaceAll(/(?<=\b[a-z][a-z\d+.-]*:\/\/)[^\s/?#]*@/gi, '')
}
