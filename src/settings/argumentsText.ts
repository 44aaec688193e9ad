/**
 * The arguments of a run of the original as text: the `key: value` lines that main_dino.py prints (its args.txt, its log),
 * an argparse `Namespace(key=value, …)`, or the command that started it.
 */
type Values = Readonly<Record<string, unknown>>;

const SCRIPT = /(?:^|[\s/])(main_dino|run_with_submitit)\.py(?:\s|$)/;
/** What the original prints before its arguments: how its processes found each other, and its version. */
const BEFORE_ARGUMENTS = /^(?:\||git:|sha:)/;

/** Whether a text is the original's arguments, rather than JSON. */
export const isArgumentsText = (text: string): boolean =>
  !/^\s*(?:\{|\/\/|\/\*)/.test(text) &&
  (SCRIPT.test(text) || /^(?:Namespace\(|--\w|\||\w+\s*[:=])/.test(text.trimStart()));

/**
 * @throws Error when a line is no argument: the end of a sentence about the file, without its full stop
 */
export const parseArgumentsText = (text: string): Values =>
  isCommand(text) ? commandArguments(text) : listedArguments(text);

const isCommand = (text: string): boolean => SCRIPT.test(text) || text.trimStart().startsWith('--');

/** run_with_submitit.py's own defaults. */
const SUBMITIT_GPUS: Values = { ngpus: 8, nodes: 2 };

function commandArguments(text: string): Values {
  const [launcher, script, ofScript] = atScript(text);
  const counts = launcher.matchAll(/--(nproc[_-]per[_-]node|nnodes)[=\s]+(\d+)/g);
  const found: [key: string, values: string[]][] = [];
  // Quotes keep spaces together, and a backslash at the end of a line goes on with the next.
  for (const word of ofScript.replace(/\\\r?\n/g, ' ').match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []) {
    const [, name, value] = /^--([\w-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) found.at(-1)?.[1].push(unquoted(word));
    else found.push([underscored(name), value === undefined ? [] : [unquoted(value)]]);
  }
  return {
    ...(script === 'run_with_submitit' && SUBMITIT_GPUS),
    ...Object.fromEntries([...counts].map(([, key = '', count]) => [underscored(key), Number(count)])),
    ...Object.fromEntries(found.map(([key, values]) => [key, commandValue(key, values)])),
  };
}

/** What launches the script, its name, and its arguments; of arguments alone there is nothing before them. */
function atScript(text: string): readonly [launcher: string, script: string | undefined, ofScript: string] {
  const found = SCRIPT.exec(text);
  return found
    ? [text.slice(0, found.index), found[1], text.slice(found.index + found[0].length)]
    : ['', undefined, text];
}

const underscored = (name: string): string => name.replaceAll('-', '_');

/** bool_flag of the original's utils.py. */
const FLAGS: ReadonlySet<string> = new Set(['norm_last_layer', 'use_bn_in_head', 'use_fp16']);
const FLAG_VALUES: Values = { on: true, true: true, 1: true, off: false, false: false, 0: false };

function commandValue(key: string, list: readonly string[]): unknown {
  const [first, ...others] = list;
  if (first === undefined) return true;
  if (others.length > 0) return list.map(pythonValue);
  return (FLAGS.has(key) ? FLAG_VALUES[first.toLowerCase()] : undefined) ?? pythonValue(first);
}

function listedArguments(text: string): Values {
  const inside = /^\s*Namespace\((.*)\)\s*$/s.exec(text)?.[1];
  const lines = inside === undefined ? text.split(/\r?\n/) : inside.split(/,\s*(?=\w+=)/);
  const pairs = lines
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .filter(({ line }) => line !== '' && !BEFORE_ARGUMENTS.test(line))
    .map(({ line, number }) => {
      const [, key, value] = /^(\w+)\s*[:=]\s*(.*)$/s.exec(line) ?? [];
      if (key === undefined || value === undefined)
        throw new Error(`is no list of arguments: line ${number}, "${line}", is not of the form key: value`);
      return [key, pythonValue(value)] as const;
    });
  return Object.fromEntries(pairs);
}

/** A value as Python prints it. */
function pythonValue(text: string): unknown {
  const list = /^[[(](.*)[\])]$/s.exec(text)?.[1];
  if (list !== undefined)
    return list
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '')
      .map(pythonValue);
  if (text === 'True' || text === 'true') return true;
  if (text === 'False' || text === 'false') return false;
  if (text === 'None') return undefined;
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : unquoted(text);
}

const unquoted = (text: string): string => text.replace(/^(['"])(.*)\1$/s, '$2');
