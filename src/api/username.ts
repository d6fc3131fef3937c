/** What Open edX allows in a username, in any script. */
const USERNAME = /^[\p{L}\p{M}\p{N}_.@+-]+$/u;

/** Whether somebody could be called this; anything else is nobody, and goes into no address and no query. */
export function isUsername(text: string): boolean {
  return USERNAME.test(text);
}
