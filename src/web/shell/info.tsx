import type { ReactNode } from 'react';
import { Button } from 'react-aria-components/Button';
import { Dialog, DialogTrigger } from 'react-aria-components/Dialog';
import { Heading } from 'react-aria-components/Heading';
import { Popover } from 'react-aria-components/Popover';
import { useText } from '../text.ts';
import { Icon } from './icons.tsx';
import { SheetClose } from './sheet-close.tsx';

/** What a word or number means, one click away. */
export function Info(props: { readonly term: string; readonly children: ReactNode }) {
  const { say } = useText();
  return (
    <DialogTrigger>
      <Button className="info" aria-label={say('meaning.about', { term: props.term })}>
        <Icon name="info" />
      </Button>
      <Popover className="popover">
        <Dialog className="definition">
          <SheetClose />
          <Heading slot="title">{props.term}</Heading>
          {props.children}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
