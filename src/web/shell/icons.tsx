// Decoration: what they say is said in words beside them.

const PATHS = {
  search: 'M10.5 10.5 14 14M11.5 6.75a4.75 4.75 0 1 1-9.5 0 4.75 4.75 0 0 1 9.5 0Z',
  close: 'M4 4l8 8M12 4l-8 8',
  info: 'M8 7.25v4M8 4.75v.5M14.25 8a6.25 6.25 0 1 1-12.5 0 6.25 6.25 0 0 1 12.5 0Z',
  filter: 'M2 4h12M4.5 8h7M6.5 12h3',
  calendar:
    'M2.5 6.5h11M5.5 2v2.5M10.5 2v2.5M3.5 3.5h9a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1v-8a1 1 0 0 1 1-1Z',
  download: 'M8 2.5v7.5M5 7.25 8 10.25l3-3M2.75 13.25h10.5',
  mail: 'M2.5 3.75h11v8.5h-11zM2.75 4.25 8 8.75l5.25-4.5',
  left: 'M10 3.5 5.5 8l4.5 4.5',
  right: 'M6 3.5 10.5 8 6 12.5',
  first: 'M12 3.5 7.5 8l4.5 4.5M4.25 3.5v9',
  last: 'M4 3.5 8.5 8 4 12.5M11.75 3.5v9',
  up: 'M8 12.5v-9M4.5 7 8 3.5 11.5 7',
  down: 'M8 3.5v9M4.5 9 8 12.5 11.5 9',
  person: 'M8 8.25a2.75 2.75 0 1 0 0-5.5 2.75 2.75 0 0 0 0 5.5ZM2.75 13.75c.6-2.4 2.6-3.5 5.25-3.5s4.65 1.1 5.25 3.5',
  print: 'M4.5 6V2.5h7V6M4.5 11h-2V6h11v5h-2M4.5 9.25h7v4.25h-7z',
  back: 'M13 8H3.5M7 4 3 8l4 4',
} as const;

export type IconName = keyof typeof PATHS;

const MIRRORED: ReadonlySet<IconName> = new Set(['left', 'right', 'first', 'last', 'back']);

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className={MIRRORED.has(name) ? 'icon mirrored' : 'icon'} viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
