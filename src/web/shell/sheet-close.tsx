import { Button } from 'react-aria-components/Button';
import { useText } from '../text.ts';
import { Icon } from './icons.tsx';

/** The way out of a dialog that covers its whole window, with nothing beside it to press. Seen in low windows only. */
export function SheetClose() {
  const { say } = useText();
  return (
    <Button slot="close" className="button icon-only sheet-close" aria-label={say('app.close')}>
      <Icon name="close" />
    </Button>
  );
}
