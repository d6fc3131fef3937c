/** What Open edX allows in a username, in any script. */
const USERNAME = /^[\p{L}\p{M}\p{N}_.@+-]+$/u;

/** Whether an address can name somebody by this; anything else goes into no query. */
export function isUsername(text: string): boolean {
  return USERNAME.test(text);
}

/** Why nothing is told of somebody: logs and lists may know people whom no address can name. */
export function describeMissing(courseId: string, username: string): string {
  return isUsername(username)
    ? `The course "${courseId}" has no learner ${JSON.stringify(username)}.`
    : `An address can name a learner by letters, digits and "_", ".", "@", "+", "-", but not ${JSON.stringify(username)}.`;
}
