import type { AnchorHTMLAttributes, MouseEvent } from 'react';
import { appUrl } from './api.ts';
import { openPage } from './router.ts';

/** A link within the app. Opening it in another tab works as everywhere. */
export function Link({ to, onClick, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { readonly to: string }) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    openPage(to);
  };
  return <a {...rest} href={appUrl(to)} onClick={follow} />;
}
