/** The order of a model's nodes in its file, which decides in which order ONNX Runtime runs them. */
import protobuf from 'protobufjs';

/** Field numbers of ONNX's file format. */
const GRAPH_OF_MODEL = 7;
const NODE_OF_GRAPH = 1;
const LENGTH_DELIMITED = 2;

/**
 * A model that ONNX Runtime has saved lists its nodes in the order in which they ran. Of what can be run at a time, the runtime takes what
 * stands last in the file (`GraphViewer` sorts from the outputs, the last node first), so that it runs such a file in another order: with
 * activation checkpointing it then held all activations at once. Listed from the last to the first, the nodes run again as they did.
 */
export const inSavedOrder = (model: Uint8Array): Uint8Array =>
  changed(model, GRAPH_OF_MODEL, (graphs) => graphs.map(withNodesReversed));

const withNodesReversed = (graph: Uint8Array): Uint8Array =>
  changed(graph, NODE_OF_GRAPH, (nodes) => nodes.toReversed());

/** The message with its parts of that field as `change` makes them of what they are; all others stay as they are. */
function changed(
  message: Uint8Array,
  field: number,
  change: (parts: readonly Uint8Array[]) => readonly Uint8Array[],
): Uint8Array {
  const reader = protobuf.Reader.create(message);
  const [parts, others]: [Uint8Array[], Uint8Array[]] = [[], []];
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const tag = reader.uint32();
    if (tag === ((field << 3) | LENGTH_DELIMITED)) parts.push(reader.bytes());
    else {
      reader.skipType(tag & 7);
      others.push(message.subarray(start, reader.pos));
    }
  }
  const fields = protobuf.Writer.create();
  for (const part of change(parts)) fields.uint32((field << 3) | LENGTH_DELIMITED).bytes(part);
  return Buffer.concat([...others, fields.finish()]);
}
