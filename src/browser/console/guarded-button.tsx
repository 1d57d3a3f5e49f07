/**
 * A button that a role may lack: it is shown all the same, disabled, with the reason.
 */
import type { ComponentChildren } from 'preact';
import type { Role } from '../../service/api/system.js';
import { whyNot } from './store.js';

interface GuardedButtonProps {
  readonly needs: Role;
  readonly class: string;
  readonly onClick: () => void;
  readonly children: ComponentChildren;
  readonly label?: string;
}

export function GuardedButton({ needs, class: name, onClick, children, label }: GuardedButtonProps) {
  const why = whyNot(needs);
  return (
    <button
      type="button"
      class={name}
      aria-label={label}
      aria-disabled={why !== undefined}
      title={why}
      aria-description={why}
      onClick={() => {
        if (why === undefined) onClick();
      }}
    >
      {children}
    </button>
  );
}
