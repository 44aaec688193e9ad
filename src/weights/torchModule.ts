/** Whole models that were pickled as objects of their classes, as `torch.save(model, …)` does. */
import { entriesOf, PickledObject } from './pickle/values.js';

const MAX_DEPTH = 32;

/**
 * What `model.state_dict()` would give: parameters and buffers under dotted names. Of the class nothing is known but its name.
 * Undefined for what is no `torch.nn.Module`.
 */
export function moduleState(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (!partsOf(value)) return undefined;
  const state = new Map<string, unknown>();
  const seen = new Set<unknown>();
  const collect = (module: unknown, prefix: string, depth: number): void => {
    const parts = partsOf(module);
    if (!parts || seen.has(module) || depth > MAX_DEPTH) return;
    seen.add(module);
    for (const own of [parts.parameters, parts.buffers])
      for (const [name, tensor] of own ?? []) if (tensor !== null) state.set(`${prefix}${name}`, tensor);
    for (const [name, child] of parts.modules) collect(child, `${prefix}${name}.`, depth + 1);
  };
  collect(value, '', 0);
  return state;
}

function partsOf(value: unknown) {
  if (!(value instanceof PickledObject) || !(value.state instanceof Map)) return undefined;
  const [modules, parameters, buffers] = ['_modules', '_parameters', '_buffers'].map((name) =>
    entriesOf((value.state as ReadonlyMap<unknown, unknown>).get(name)),
  );
  return modules && parameters ? { modules, parameters, buffers } : undefined;
}
