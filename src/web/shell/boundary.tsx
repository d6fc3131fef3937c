import { Component, type ReactNode } from 'react';
import { PartFailure } from './states.tsx';

/**
 * What cannot be shown is told in its place, and the rest stays: a part whose code did not come, or is gone from the server since
 * a newer version of the app is there. Trying again loads the app anew.
 */
export class Boundary extends Component<{ readonly children: ReactNode }, { readonly failed: boolean }> {
  override readonly state = { failed: false };

  static getDerivedStateFromError(): { readonly failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    return this.state.failed ? <PartFailure retry={() => location.reload()} /> : this.props.children;
  }
}
