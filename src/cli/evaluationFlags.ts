/** The flags of an evaluation, from the schemas of its inputs and options: `trainLabels` is `--train-labels`. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Evaluation } from '../evaluation/evaluation.js';
import { type Field, fieldsOf } from '../evaluation/options.js';
import { withLabelTable } from './tableOptions.js';

export function withEvaluationFlags(command: Command, { inputs, options }: Evaluation): Command {
  const fields = [...fieldsOf(inputs), ...fieldsOf(options)];
  for (const field of fields) command.addOption(optionOf(field));
  return fields.some(({ input }) => input === 'table') ? withLabelTable(command) : command;
}

/** Of what commander has read, what belongs to a schema. */
export const givenFor = (schema: Evaluation['inputs'], flags: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    fieldsOf(schema).flatMap(({ name }) => (flags[name] === undefined ? [] : [[name, flags[name]] as const])),
  );

function optionOf({ name, description, placeholder, isOptional, problemOf }: Field): Option {
  const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  if (placeholder === undefined) return new Option(flag, description);
  return new Option(`${flag} ${placeholder}`, description)
    .makeOptionMandatory(!isOptional)
    .argParser((text: string) => {
      const problem = problemOf(text);
      if (problem !== undefined) throw new InvalidArgumentError(problem);
      return text;
    });
}
