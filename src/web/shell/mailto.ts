/** Longer addresses are cut off or refused by some mail programs and systems. */
const MAX_LENGTH = 1900;

export interface Mail {
  readonly to: readonly string[];
  /** Whether the recipients stay hidden from each other. */
  readonly blind: boolean;
  readonly subject: string;
  readonly body: string;
}

/** The address that opens a mail program with all of this; line ends as RFC 6068 wants them. */
export function formatMailto({ to, blind, subject, body }: Mail): string {
  const recipients = to.map((address) => encodeURIComponent(address).replaceAll('%40', '@')).join(',');
  const fields = [
    ...(blind && to.length > 0 ? [`bcc=${recipients}`] : []),
    `subject=${encodeURIComponent(subject)}`,
    `body=${encodeURIComponent(body.replaceAll(/\r?\n/g, '\r\n'))}`,
  ];
  return `mailto:${blind ? '' : recipients}?${fields.join('&')}`;
}

export function isTooLong(mailto: string): boolean {
  return mailto.length > MAX_LENGTH;
}
