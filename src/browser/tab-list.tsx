/**
 * Tabs as screen readers know them: one is in the order of Tab, arrow keys go from one to the next.
 */
interface TabListProps<Tab extends string> {
  readonly tabs: readonly Tab[];
  readonly chosen: Tab;
  readonly label: string;
  readonly onChoose: (tab: Tab) => void;
}

export function TabList<Tab extends string>({ tabs, chosen, label, onChoose }: TabListProps<Tab>) {
  const move = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const next = tabs[(tabs.indexOf(chosen) + by + tabs.length) % tabs.length];
    if (by === 0 || next === undefined) return;
    event.preventDefault();
    onChoose(next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} onKeyDown={move}>
      {tabs.map((tab) => (
        <button
          key={tab}
          type="button"
          role="tab"
          id={`tab-${tab}`}
          aria-selected={tab === chosen}
          aria-controls="tab-panel"
          tabIndex={tab === chosen ? 0 : -1}
          onClick={() => onChoose(tab)}
        >
          {tab}
        </button>
      ))}
    </div>
  );
}
