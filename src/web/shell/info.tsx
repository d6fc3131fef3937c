import type { ReactNode } from 'react';
import { Button } from 'react-aria-components/Button';
import { DialogTrigger } from 'react-aria-components/Dialog';
import { useText } from '../text.ts';
import { Icon } from './icons.tsx';
import { Sheet } from './sheet.tsx';

/** What a word or number means, one click away. */
export function Info(props: { readonly term: string; readonly children: ReactNode }) {
  const { say } = useText();
  return (
    <DialogTrigger>
      <Button className="info" aria-label={say('meaning.about', { term: props.term })}>
        <Icon name="info" />
      </Button>
      <Sheet className="definition" title={props.term}>
        {() => props.children}
      </Sheet>
    </DialogTrigger>
  );
}
