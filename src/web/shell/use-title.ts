import { useEffect } from 'react';
import { useText } from '../text.ts';

/** The title of the window, which a screen reader says first on a new page. */
export function useTitle(title: string): void {
  const { say } = useText();
  const name = say('app.name');
  useEffect(() => {
    document.title = `${title} – ${name}`;
  }, [title, name]);
}
