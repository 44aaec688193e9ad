import protobuf from 'protobufjs';
import { expect, it } from 'vitest';
import { inSavedOrder } from '../../../src/engines/onnxOrder.js';

const file = protobuf.Root.fromJSON({
  nested: {
    Model: {
      fields: {
        producer: { id: 2, type: 'string' },
        graph: { id: 7, type: 'Graph' },
        opsets: { id: 8, type: 'int64', rule: 'repeated' },
      },
    },
    Graph: {
      fields: {
        nodes: { id: 1, type: 'string', rule: 'repeated' },
        name: { id: 2, type: 'string' },
        weights: { id: 5, type: 'bytes', rule: 'repeated' },
      },
    },
  },
}).lookupType('Model');

it('lists the nodes of a model from the last to the first, and leaves all else as it is', () => {
  const model = (nodes: readonly string[]) => ({
    producer: 'onnxruntime',
    graph: { nodes, name: 'step', weights: [Buffer.of(1, 2), Buffer.of(3)] },
    opsets: [17, 1],
  });
  const reversed = inSavedOrder(file.encode(model(['a', 'b', 'c'])).finish());
  expect(file.toObject(file.decode(reversed), { longs: Number })).toEqual(model(['c', 'b', 'a']));
});
