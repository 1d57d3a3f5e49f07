/**
 * Which of the panels beside the chart is shown.
 */
import { signal } from '@preact/signals';

export const SIDE_TABS = ['Timeline', 'Sequence', 'Next', 'Result', 'Context', 'Rules'] as const;
type SideTab = (typeof SIDE_TABS)[number];
export const tab = signal<SideTab>('Timeline');
