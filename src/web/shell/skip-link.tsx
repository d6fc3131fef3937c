/** Leads past what is before something on the page: seen once the focus is on it. */
export function SkipLink({ to, label }: { /** A selector. */ readonly to: string; readonly label: string }) {
  return (
    <a
      className="skip"
      href="#content"
      onClick={(event) => {
        event.preventDefault();
        document.querySelector<HTMLElement>(to)?.focus();
      }}
    >
      {label}
    </a>
  );
}
