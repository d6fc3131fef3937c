import type { ReactNode } from 'react';
import { Button } from 'react-aria-components/Button';
import { Dialog } from 'react-aria-components/Dialog';
import { Heading } from 'react-aria-components/Heading';
import { Popover, type PopoverProps } from 'react-aria-components/Popover';
import { useText } from '../text.ts';
import { Icon } from './icons.tsx';

/**
 * What a button opens beside it. In low windows it covers all, with nothing beside it to press: there alone its way out is seen. The
 * content gets a way to close it.
 */
export function Sheet(
  props: Pick<PopoverProps, 'placement'> & {
    readonly title: string;
    readonly className: string;
    readonly children: (close: () => void) => ReactNode;
  },
) {
  const { say } = useText();
  const { placement, title, className, children } = props;
  return (
    <Popover className="popover" {...(placement && { placement })}>
      <Dialog className={className}>
        {({ close }) => (
          <>
            <Button slot="close" className="button icon-only sheet-close" aria-label={say('app.close')}>
              <Icon name="close" />
            </Button>
            <Heading slot="title">{title}</Heading>
            {children(close)}
          </>
        )}
      </Dialog>
    </Popover>
  );
}
