/** What came of trying ONNX Runtime's providers on this machine. */
import { z } from 'zod';

const verdictSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('right'),
    difference: z.number(),
    milliseconds: z.number(),
    cpuMilliseconds: z.number(),
  }),
  z.object({ kind: z.literal('wrong'), reason: z.string() }),
]);

/** Verdicts by runtime's version and provider. */
export const TRIED_PROVIDERS = { file: 'onnx-providers.json', schema: z.record(z.string(), verdictSchema) };
