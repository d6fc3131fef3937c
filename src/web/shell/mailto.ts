/** Longer addresses are cut off or refused by some mail programs and systems. */
const MAX_LENGTH = 1900;

/** So much of a subject fits into a link by itself, in any script. */
export const MAX_SUBJECT = 200;

export interface Mail {
  readonly to: readonly string[];
  /** Whether the recipients stay hidden from each other. */
  readonly blind: boolean;
  readonly subject: string;
  readonly body: string;
}

/** A mail address as a part of another address: whatever is in it, it adds no field to the message. */
export function encodeAddress(email: string): string {
  return encodeURIComponent(email).replaceAll('%40', '@');
}

/** The address that opens a mail program with all of this; line ends as RFC 6068 wants them. */
export function formatMailto({ to, blind, subject, body }: Mail): string {
  const recipients = to.map(encodeAddress).join(',');
  const fields = [
    ...(blind && to.length > 0 ? [`bcc=${recipients}`] : []),
    `subject=${encodeURIComponent(subject)}`,
    `body=${encodeURIComponent(body.replaceAll(/\r?\n/g, '\r\n'))}`,
  ];
  return `mailto:${blind ? '' : recipients}?${fields.join('&')}`;
}

/** Whether mail can go there. What is none would be refused, and in a list may keep the others from getting it. */
export function isAddress(email: string | null): email is string {
  return email !== null && /^[^\s@,;<>"]+@[^\s@,;<>"]+$/.test(email);
}

/** What can be copied instead of being in the link. */
export const PARTS = ['addresses', 'text'] as const;
export type Part = (typeof PARTS)[number];

export interface FittedMail {
  readonly href: string;
  /** What there was no room for. */
  readonly leftOut: readonly Part[];
}

/** The link with all that fits into it: of addresses and text it leaves out the longer one where that is enough, else both. */
export function fitMailto(mail: Mail): FittedMail {
  const without = (leftOut: readonly Part[]): FittedMail => ({
    leftOut,
    href: formatMailto({
      ...mail,
      ...(leftOut.includes('addresses') && { to: [] }),
      ...(leftOut.includes('text') && { body: '' }),
    }),
  });
  const byLength = PARTS.map((part) => without([part])).toSorted((a, b) => a.href.length - b.href.length);
  return [without([]), ...byLength].find(({ href }) => href.length <= MAX_LENGTH) ?? without(PARTS);
}
