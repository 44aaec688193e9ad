import { expect, it } from 'vitest';
import { z } from 'zod';
import { schemaProblem } from '../../../src/errors/schemaProblem.js';

const schema = z.object({
  name: z.string(),
  steps: z.array(z.object({ loss: z.number().min(0) })).min(1),
  status: z.enum(['created', 'running']),
  count: z.int().max(5),
  version: z.literal(1),
});
const whole = { name: 'a', steps: [{ loss: 1 }], status: 'created', count: 1, version: 1 };

it.each([
  [{ ...whole, name: undefined }, 'name is missing'],
  [{ ...whole, name: 3 }, 'name is 3, but must be a text'],
  [{ ...whole, name: 'x', steps: 'many' }, 'steps is "many", but must be a list'],
  [{ ...whole, steps: [] }, 'steps is 0 long, but must be at least 1 long'],
  [{ ...whole, steps: [{ loss: 1 }, { loss: -2 }] }, 'steps.1.loss is -2, but must be at least 0'],
  [{ ...whole, steps: [{}] }, 'steps.0.loss is missing'],
  [{ ...whole, status: 'odd' }, 'status is "odd", but must be one of "created", "running"'],
  [{ ...whole, version: 2 }, 'version is 2, but must be 1'],
  [{ ...whole, count: 9 }, 'count is 9, but must be at most 5'],
  [{ ...whole, count: null }, 'count is null, but must be a number'],
  ['text', 'it is "text", but must be an object'],
])('%j: %s', (value, problem) => {
  const { error } = schema.safeParse(value);
  expect(error && schemaProblem(error, value)).toBe(problem);
});
