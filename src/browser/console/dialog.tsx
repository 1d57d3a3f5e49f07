/**
 * A question in front of the page: the browser's own dialog, which keeps the keyboard inside and gives it back.
 */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { sentenceOf } from './api.js';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  /** Room for a table. */
  readonly isWide?: boolean;
  readonly children: ComponentChildren;
}

export function Dialog({ title, onClose, isWide = false, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    if (dialog === null || dialog.open) return;
    dialog.showModal();
    dialog.querySelector<HTMLElement>('[data-first]')?.focus();
  }, []);
  return (
    <dialog ref={element} class={`dialog ${isWide ? 'is-wide' : ''}`} aria-labelledby="dialog-title" onClose={onClose}>
      <header class="panel-head">
        <h2 id="dialog-title">{title}</h2>
        <button type="button" class="button icon small" aria-label="Close" onClick={() => element.current?.close()}>
          ✕
        </button>
      </header>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}

interface Sending {
  readonly isSending: boolean;
  readonly problem: string;
  readonly send: (work: () => Promise<unknown>) => void;
}

/** One call at a time; what it was refused for is kept to be shown. */
export function useSending(onDone: () => void): Sending {
  const [isSending, setSending] = useState(false);
  const [problem, setProblem] = useState('');
  const send = (work: () => Promise<unknown>): void => {
    if (isSending) return;
    setSending(true);
    setProblem('');
    work()
      .then(onDone, (error: unknown) => setProblem(sentenceOf(error)))
      .finally(() => setSending(false));
  };
  return { isSending, problem, send };
}

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly hint?: string | undefined;
  readonly problem?: string | undefined;
  readonly isFirst?: boolean;
  readonly id: string;
}

export function Field({ label, value, onInput, hint, problem, isFirst = false, id }: FieldProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        class="input"
        value={value}
        autocomplete="off"
        spellcheck={false}
        data-first={isFirst ? '' : undefined}
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}-note`}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      <p id={`${id}-note`} class={problem === undefined ? 'hint' : 'hint bad'}>
        {problem ?? hint ?? ''}
      </p>
    </div>
  );
}

interface ChoiceProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly of: readonly string[];
  readonly onChange: (value: string) => void;
}

export function Choice({ id, label, value, of, onChange }: ChoiceProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} class="input" value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {of.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
    </div>
  );
}

export function Problem({ text }: { readonly text: string }) {
  return (
    <p class="problem" role="alert">
      {text}
    </p>
  );
}
