/**
 * All files that are generated from the charts that run, as text; and what differs between these and others.
 *
 * 1. Nothing but the charts goes in: no date, no version, no place. Two generations are equal, byte for byte.
 * 2. Nothing is read or written here: whoever calls does that.
 */
import type { AnyStateMachine } from 'xstate';
import { executionMachine } from '../machines/execution.machine.js';
import { killSwitchMachine } from '../machines/kill-switch.machine.js';
import { protectionMachine } from '../machines/protection.machine.js';
import { type Chart, readChart } from './chart.js';
import { detailOf } from './detail.js';
import type { Layout } from './elk.js';
import { jsonOf } from './json.js';
import { machineJsonOf } from './machine-json.js';
import { mapOf } from './map.js';
import { planOf } from './map-plan.js';
import { mapSvgOf } from './map-svg.js';
import { markdownOf } from './markdown.js';
import { mermaidMapOf } from './mermaid.js';
import { mermaidStateOf, mermaidStates } from './mermaid-state.js';
import { overviewOf } from './overview.js';
import { scxmlOf } from './scxml.js';
import { sheetsOf } from './sheets.js';
import { svgOf } from './svg.js';

/** The machines that run, by the name of their files. */
export const CHARTS: readonly { readonly file: string; readonly machine: AnyStateMachine }[] = [
  { file: 'execution', machine: executionMachine },
  { file: 'protection', machine: protectionMachine },
  { file: 'kill-switch', machine: killSwitchMachine },
];

/** Text by file name. */
export type Files = ReadonlyMap<string, string>;

export async function generateDiagrams(layout: Layout): Promise<Files> {
  const files: (readonly [string, string])[] = [];
  for (const { file, machine } of CHARTS) files.push(...(await filesOf(readChart(machine), file, layout)));
  return new Map(files);
}

/** @param file name of the files, without extension */
async function filesOf(chart: Chart, file: string, layout: Layout): Promise<readonly (readonly [string, string])[]> {
  const map = mapSvgOf(chart, mapOf(chart, planOf(chart)));
  return [
    [`${file}.map.svg`, map],
    [`${file}.sheets.html`, await sheetsOf(chart, map, layout)],
    [`${file}.svg`, svgOf(chart, await detailOf(chart, layout), 'detail')],
    [`${file}.overview.svg`, svgOf(chart, await overviewOf(chart, layout), 'overview')],
    ...textsOf(chart, file),
  ];
}

/** What needs no layout. */
export const textsOf = (chart: Chart, file: string): readonly (readonly [string, string])[] => [
  [`${file}.md`, markdownOf(chart, file)],
  [`${file}.statechart.json`, jsonOf(chart)],
  [`${file}.machine.json`, machineJsonOf(chart)],
  [`${file}.mmd`, mermaidMapOf(chart, planOf(chart))],
  ...mermaidStates(chart).map(({ name, state }) => [`${file}/${name}.mmd`, mermaidStateOf(chart, state)] as const),
  [`${file}.scxml`, scxmlOf(chart)],
];

/** Names of files, each list in order. */
export interface Differences {
  /** There, with another content. */
  readonly stale: readonly string[];
  readonly missing: readonly string[];
  /** There, and generated from nothing. */
  readonly orphan: readonly string[];
}

export function differences(wanted: Files, found: Files): Differences {
  const names = [...wanted.keys()].sort();
  return {
    stale: names.filter((name) => found.has(name) && found.get(name) !== wanted.get(name)),
    missing: names.filter((name) => !found.has(name)),
    orphan: [...found.keys()].filter((name) => !wanted.has(name)).sort(),
  };
}
