import type { ReactNode } from 'react';
import { Button } from 'react-aria-components/Button';
import { Dialog, DialogTrigger } from 'react-aria-components/Dialog';
import { Heading } from 'react-aria-components/Heading';
import { Popover } from 'react-aria-components/Popover';
import { Icon, type IconName } from './icons.tsx';
import { SheetClose } from './sheet-close.tsx';

/** A button that opens something to fill in. The content gets a way to close it. */
export function Overlay(props: {
  readonly icon: IconName;
  readonly label: ReactNode;
  readonly title: string;
  readonly className?: string;
  readonly children: (close: () => void) => ReactNode;
}) {
  return (
    <DialogTrigger>
      <Button className={`button ${props.className ?? ''}`}>
        <Icon name={props.icon} />
        <span>{props.label}</span>
      </Button>
      <Popover className="popover" placement="bottom start">
        <Dialog className="overlay">
          {({ close }) => (
            <>
              <SheetClose />
              <Heading slot="title">{props.title}</Heading>
              {props.children(close)}
            </>
          )}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
