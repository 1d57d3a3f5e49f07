/**
 * The names of the tests of a file, read from its syntax tree: what is given to `it`, `test` and `describe`, and no other string.
 *
 * 1. What is skipped, or still to be done, has no name here; nor has anything inside of it.
 * 2. Where names come from a table (`each`), each row gives one; of a table that is computed, its strings stand for the rows.
 * 3. A function of the file that makes tests out of its parameters gives a name at each call, with the arguments put in.
 */

interface Node {
  readonly type: string;
  readonly [member: string]: unknown;
}

/** Texts of the parameters of a function that makes tests. */
type Known = ReadonlyMap<string, string>;

const ROOTS: readonly unknown[] = ['it', 'test', 'describe'];
const LEFT_OUT: readonly string[] = ['skip', 'todo'];
/** Of which a call gives no name yet: it gives the function that is then called with the name. */
const MODIFIERS: readonly string[] = ['each', 'for', 'skipIf', 'runIf', 'extend'];
const UNKNOWN = '…';
const DEEPEST = 8;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;
const nodesIn = (value: unknown): readonly Node[] => (Array.isArray(value) ? value : [value]).filter(isNode);
const childrenOf = (node: Node): readonly Node[] => Object.values(node).flatMap(nodesIn);
const isFunction = ({ type }: Node): boolean => /^(?:Arrow)?Function/.test(type);

/** Past `as const`, `satisfies` and the like. */
function bare(node: Node): Node {
  const { expression } = node;
  return /^(?:TS|Parenthesized)/.test(node.type) && isNode(expression) ? bare(expression) : node;
}

/** What makes a test, or a group of them. */
interface Maker {
  readonly isGroup: boolean;
  readonly isLeftOut: boolean;
  readonly table: Node | undefined;
}

function makerOf(callee: Node): Maker | undefined {
  const members: string[] = [];
  let table: Node | undefined;
  let at: Node | undefined = callee;
  while (at !== undefined && at.type !== 'Identifier') {
    if (at.type === 'CallExpression') table ??= nodesIn(at['arguments'])[0];
    else if (at.type === 'TaggedTemplateExpression') table ??= nodesIn(at['quasi'])[0];
    else if (at.type !== 'MemberExpression') return undefined;
    members.push(...nodesIn(at['property']).map(({ name }) => String(name)));
    at = nodesIn(at['callee'] ?? at['tag'] ?? at['object'])[0];
  }
  if (at === undefined || !ROOTS.includes(at['name'])) return undefined;
  if (callee.type === 'MemberExpression' && MODIFIERS.includes(members[0] ?? '')) return undefined;
  const isTable = members.includes('each') || members.includes('for');
  return {
    isGroup: at['name'] === 'describe',
    isLeftOut: members.some((member) => LEFT_OUT.includes(member)),
    table: isTable ? table : undefined,
  };
}

export function testNames(root: unknown): readonly string[] {
  const file = nodesIn(root);
  const declared = new Map(file.flatMap(declarations));
  const names: string[] = [];

  function visit(node: Node, known: Known, depth: number): void {
    if (depth > DEEPEST) return;
    if (node.type !== 'CallExpression') {
      for (const child of childrenOf(node)) if (!isDeclaredMaker(child)) visit(child, known, depth);
      return;
    }
    const [callee] = nodesIn(node['callee']);
    const given = nodesIn(node['arguments']);
    const maker = callee && makerOf(callee);
    if (maker !== undefined && (maker.isLeftOut || isOffByOption(given))) return;
    if (maker !== undefined) {
      if (!maker.isGroup && given.length < 2) return;
      names.push(...namesFrom(maker, given[0], known));
    }
    const made = callee?.type === 'Identifier' ? declared.get(String(callee['name'])) : undefined;
    if (made !== undefined && makesTests(made)) visitBody(made, given, known, depth);
    for (const child of maker === undefined ? childrenOf(node) : given.slice(1)) visit(child, known, depth);
  }

  /** The tests that a call of a function makes. */
  function visitBody(made: Node, given: readonly Node[], known: Known, depth: number): void {
    const texts = nodesIn(made['params']).flatMap((param, index) => {
      const name = nameOf(param);
      return name === undefined ? [] : [[name, textOf(given[index], known) ?? UNKNOWN] as const];
    });
    for (const body of nodesIn(made['body'])) visit(body, new Map([...known, ...texts]), depth + 1);
  }

  /** A function that makes tests speaks where it is called, and not where it stands. */
  const isDeclaredMaker = (node: Node): boolean => {
    const made = node.type === 'VariableDeclarator' ? nodesIn(node['init'])[0] : node;
    return made !== undefined && [...declared.values()].includes(made) && makesTests(made);
  };

  const makers = new Map<Node, boolean>();
  function makesTests(made: Node): boolean {
    const known = makers.get(made);
    if (known !== undefined) return known;
    makers.set(made, false);
    const params = nodesIn(made['params']).flatMap((param) => nameOf(param) ?? []);
    const is = isFunction(made) && withDescendants(made).some((node) => isMadeOf(node, params));
    makers.set(made, is);
    return is;
  }

  /** Whether a call makes a test out of one of the parameters. */
  function isMadeOf(node: Node, params: readonly string[]): boolean {
    const [callee] = node.type === 'CallExpression' ? nodesIn(node['callee']) : [];
    if (callee === undefined) return false;
    const given = nodesIn(node['arguments']);
    const inner = callee.type === 'Identifier' ? declared.get(String(callee['name'])) : undefined;
    const told =
      makerOf(callee) !== undefined ? given.slice(0, 1) : inner !== undefined && makesTests(inner) ? given : [];
    return told
      .flatMap(withDescendants)
      .some(({ type, name }) => type === 'Identifier' && params.includes(String(name)));
  }

  function textOf(node: Node | undefined, known: Known): string | undefined {
    if (node === undefined) return undefined;
    const { type, value, name } = bare(node);
    if (type === 'Literal') return String(value);
    if (type === 'TemplateLiteral') return filledIn(bare(node), known);
    if (type === 'BinaryExpression') {
      return [node['left'], node['right']].map((side) => textOf(nodesIn(side)[0], known) ?? UNKNOWN).join('');
    }
    if (type !== 'Identifier') return undefined;
    const init = declared.get(String(name));
    return known.get(String(name)) ?? (init?.type === 'Literal' ? String(init['value']) : undefined);
  }

  function filledIn(template: Node, known: Known): string {
    const texts = nodesIn(template['expressions']).map((one) => textOf(one, known) ?? UNKNOWN);
    const parts = (template['quasis'] as readonly { readonly value: { readonly raw: string } }[]) ?? [];
    return parts.map(({ value }, index) => value.raw + (texts[index] ?? '')).join('');
  }

  function namesFrom({ table }: Maker, first: Node | undefined, known: Known): readonly string[] {
    const name = textOf(first, known) ?? UNKNOWN;
    if (table === undefined) return [name];
    const rows = rowsOf(table);
    return rows === undefined
      ? [name, ...(/%[sjo]|\$\w/.test(name) ? stringsOf(table, new Set()) : [])]
      : rows.map((row) => rowName(name, row));
  }

  /** A row in words: its cells, or its members by name. */
  type Row = readonly string[] | Readonly<Record<string, string>>;

  function rowsOf(given: Node): readonly Row[] | undefined {
    const table = resolved(given);
    if (table.type === 'ArrayExpression') {
      const rows = nodesIn(table['elements']).map((one) =>
        one.type === 'SpreadElement' ? rowsOf(nodesIn(one['argument'])[0] ?? one) : [rowOf(resolved(one))],
      );
      return rows.includes(undefined) ? undefined : rows.flatMap((one) => one ?? []);
    }
    const [callee] = table.type === 'CallExpression' ? nodesIn(table['callee']) : [];
    const method = nodesIn(callee?.['property'])[0]?.['name'];
    const [of] = nodesIn(callee?.['object']);
    if (method === 'filter' && of !== undefined) return rowsOf(of);
    const [object] = of?.['name'] === 'Object' ? nodesIn(table['arguments']).map(resolved) : [];
    if (object?.type !== 'ObjectExpression' || (method !== 'entries' && method !== 'keys')) return undefined;
    const members = Object.entries(membersOf(object));
    return nodesIn(object['properties']).length > members.length ? undefined : members;
  }

  function rowOf(row: Node): Row {
    if (row.type === 'ObjectExpression') return membersOf(row);
    const cells = row.type === 'ArrayExpression' ? nodesIn(row['elements']) : [row];
    return cells.map((cell) => textOf(cell, new Map()) ?? UNKNOWN);
  }

  const membersOf = (object: Node): Readonly<Record<string, string>> =>
    Object.fromEntries(
      nodesIn(object['properties']).flatMap(({ key, value }) => {
        const [named] = nodesIn(key);
        if (named === undefined) return [];
        return [[String(named['name'] ?? named['value']), textOf(nodesIn(value)[0], new Map()) ?? UNKNOWN]];
      }),
    );

  function resolved(node: Node): Node {
    const inner = bare(node);
    const init = inner.type === 'Identifier' ? declared.get(String(inner['name'])) : undefined;
    return init === undefined ? inner : bare(init);
  }

  /** All strings of a computed table, and of what it is computed from. */
  function stringsOf(node: Node, seen: Set<Node>): readonly string[] {
    if (seen.has(node)) return [];
    seen.add(node);
    if (node.type === 'Literal') return typeof node['value'] === 'string' ? [node['value']] : [];
    if (node.type === 'TemplateLiteral') return [filledIn(node, new Map())];
    const init = node.type === 'Identifier' ? declared.get(String(node['name'])) : undefined;
    return [...(init === undefined ? [] : [init]), ...childrenOf(node)].flatMap((one) => stringsOf(one, seen));
  }

  for (const node of file) visit(node, new Map(), 0);
  return names;
}

/** The template of a name, with the cells of a row put in. */
function rowName(template: string, row: readonly string[] | Readonly<Record<string, string>>): string {
  let next = 0;
  const cells: readonly string[] = Array.isArray(row) ? row : [];
  return template
    .replaceAll(/%[sdijfoOc]/g, () => {
      next += 1;
      return cells[next - 1] ?? UNKNOWN;
    })
    .replaceAll(
      /\$([a-zA-Z]\w*)/g,
      (_, member: string) => (row as Readonly<Record<string, string>>)[member] ?? UNKNOWN,
    );
}

/** `{ skip: true }` or `{ todo: true }` beside the name. */
const isOffByOption = (given: readonly Node[]): boolean =>
  given
    .filter(({ type }) => type === 'ObjectExpression')
    .flatMap((options) => nodesIn(options['properties']))
    .some(({ key, value }) => {
      const [named, is] = [nodesIn(key)[0], nodesIn(value)[0]];
      return LEFT_OUT.includes(String(named?.['name'])) && is?.['value'] === true;
    });

const withDescendants = (node: Node): readonly Node[] => [node, ...childrenOf(node).flatMap(withDescendants)];

function declarations(node: Node): readonly (readonly [string, Node])[] {
  return withDescendants(node).flatMap((one) => {
    const name = nameOf(nodesIn(one['id'])[0]);
    const made =
      one.type === 'FunctionDeclaration' ? one : nodesIn(one.type === 'VariableDeclarator' ? one['init'] : [])[0];
    return name === undefined || made === undefined ? [] : [[name, bare(made)] as const];
  });
}

const nameOf = (node: Node | undefined): string | undefined =>
  node?.type === 'AssignmentPattern'
    ? nameOf(nodesIn(node['left'])[0])
    : node?.type === 'Identifier'
      ? String(node['name'])
      : undefined;
