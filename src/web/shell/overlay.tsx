import type { ReactNode } from 'react';
import { Button } from 'react-aria-components/Button';
import { DialogTrigger } from 'react-aria-components/Dialog';
import { Icon, type IconName } from './icons.tsx';
import { Sheet } from './sheet.tsx';

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
      <Sheet className="overlay" placement="bottom start" title={props.title}>
        {props.children}
      </Sheet>
    </DialogTrigger>
  );
}
