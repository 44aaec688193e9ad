import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Graph, Value } from '../../../../src/compile/graph.js';
import { simplify } from '../../../../src/compile/simplify.js';
import { splitStateUpdates } from '../../../../src/compile/stateUpdates.js';
import { emitSavedModel, type SavedModelOptions } from '../../../../src/compile/tensorflow/emit.js';
import { trace } from '../../../../src/compile/trace.js';
import { useCpuBackend } from '../../../../src/engines/cpuBackend.js';
import { simplifiedProgram } from '../../../../src/engines/simplifiedProgram.js';
import { vitOfDino } from '../../../../src/method/backbones/vit/lineages.js';
import { type NetworkSpec, networkOf } from '../../../../src/method/network.js';
import { trainingStep } from '../../../../src/method/trainingStep.js';
import { float32, type Program } from '../../../../src/program/program.js';
import type { Sharing } from '../../../../src/program/replicas.js';
import { stepProgram } from '../../../../src/training/step.js';
import { settingsFor } from '../../engines/sharedSteps.js';

interface Entry {
  readonly name: string;
  readonly op: string;
  readonly inputList: readonly string[];
  readonly device: string;
  readonly attrMap: readonly (readonly [string, { readonly b?: boolean; readonly type?: number }])[];
}
interface Info {
  readonly name: string;
  readonly dtype: number;
  readonly tensorShape: { readonly dimList: readonly { readonly size: number }[] };
}
type Infos = readonly (readonly [string, Info])[];
interface MetaGraph {
  readonly metaInfoDef: { readonly tagsList: readonly string[] };
  readonly graphDef: {
    readonly nodeList: readonly Entry[];
    readonly library: {
      readonly functionList: readonly {
        readonly signature: {
          readonly name: string;
          readonly inputArgList: readonly { readonly name: string; readonly type: number }[];
          readonly outputArgList: readonly { readonly name: string }[];
        };
        readonly nodeDefList: readonly Entry[];
        readonly retMap: readonly (readonly [string, string])[];
        readonly attrMap: Entry['attrMap'];
      }[];
    };
  };
  readonly signatureDefMap: readonly (readonly [string, { readonly inputsMap: Infos; readonly outputsMap: Infos }])[];
}

/** TensorFlow's own messages, as tfjs-node reads them: a second opinion on the file. */
const messages = createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js') as {
  SavedModel: { deserializeBinary(bytes: Uint8Array): { toObject(): { metaGraphsList: readonly MetaGraph[] } } };
};

function decode(bytes: Uint8Array): MetaGraph {
  const [metaGraph] = messages.SavedModel.deserializeBinary(bytes).toObject().metaGraphsList;
  if (metaGraph === undefined) throw new Error('The file has no graph.');
  return metaGraph;
}

const functionOf = ({ graphDef }: MetaGraph) => {
  const [only, ...others] = graphDef.library.functionList;
  expect(others).toEqual([]);
  if (only === undefined) throw new Error('The file has no function.');
  return only;
};

const attribute = ({ attrMap }: Pick<Entry, 'attrMap'>, name: string) => attrMap.find(([key]) => key === name)?.[1];

async function emit(program: Program, options: SavedModelOptions = { xla: false }): Promise<MetaGraph> {
  const traced = await trace(program);
  await useCpuBackend();
  return decode(emitSavedModel(program.name, simplify(traced), options));
}

const counter: Program = {
  name: 'test program',
  state: { total: float32(2, 3), 'kept.as-is': float32() },
  inputs: { x: float32(2, 3) },
  body: ({ total }, { x }) => ({
    state: { total: tf.add(total as tf.Tensor, x as tf.Tensor) },
    outputs: { half: tf.div(x as tf.Tensor, 2) },
  }),
};

const smallStep = trainingStep({
  network: {
    backbone: {
      kind: 'vit',
      ...vitOfDino({ patchSize: 4, inChans: 3, imageSize: 8, embedDim: 8, depth: 2, numHeads: 2 }),
    },
    head: { inDim: 8, hiddenDim: 8, bottleneckDim: 4, outDim: 8, normLastLayer: true, batchNorm: false },
  },
  batchSize: 2,
  calls: 1,
  localCropsNumber: 1,
  localSize: 4,
  dropPath: true,
  studentTemp: 0.1,
  centerMomentum: 0.9,
  clipGrad: 3,
  optimizer: 'adamw',
});

describe('the SavedModel', () => {
  it('says under its signatures what goes in and out', async () => {
    const { metaInfoDef, signatureDefMap } = await emit(counter);
    expect(metaInfoDef.tagsList).toEqual(['serve']);
    const signatures = Object.fromEntries(
      signatureDefMap.map(([name, { inputsMap, outputsMap }]) => {
        const names = (infos: Infos) => infos.map(([key, { name }]) => `${key}=${name}`).sort();
        return [name, [names(inputsMap), names(outputsMap)]];
      }),
    );
    expect(signatures).toEqual({
      call: [['x=input/x:0'], ['called=called:0', 'half=output/half:0']],
      read: [[], ['kept.as-is=state/kept.as-is/read:0', 'total=state/total/read:0']],
      write: [
        ['kept.as-is=value/kept.as-is:0', 'total=value/total:0'],
        ['kept.as-is=written/kept.as-is:0', 'total=written/total:0'],
      ],
      undo: [[], ['undone=undone:0']],
    });
    const [, x] = signatureDefMap.find(([name]) => name === 'call')?.[1].inputsMap[0] ?? [];
    expect(x?.dtype).toBe(1);
    expect(x?.tensorShape.dimList.map(({ size }) => size)).toEqual([2, 3]);
  });

  it('has every name that it refers to, once', async () => {
    const { graphDef } = await emit(smallStep);
    const names = graphDef.nodeList.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const known = new Set<string>();
    for (const { name, inputList } of graphDef.nodeList) {
      for (const input of inputList) expect(known).toContain(input.replace(/^\^|:\d+$/g, ''));
      known.add(name);
    }
  });

  it("keeps the caller's memory out of the variables", async () => {
    const { graphDef } = await emit(counter);
    const placeholders = graphDef.nodeList.filter(({ op }) => op === 'Placeholder').map(({ name }) => name);
    expect(placeholders).toHaveLength(1 + 2);
    for (const name of placeholders) {
      expect(graphDef.nodeList.filter(({ inputList }) => inputList.includes(name)).map(({ op }) => op)).toEqual([
        'DeepCopy',
      ]);
    }
  });

  it('keeps what a call changes before it calls, and puts the new in its place before an output is there', async () => {
    const { graphDef } = await emit(counter);
    const node = (name: string) => graphDef.nodeList.find((entry) => entry.name === name);
    expect(node('call')?.inputList.filter((input) => input.startsWith('^'))).toEqual(['^before/total/keep']);
    expect(node('before/total/keep')?.inputList).toEqual(['before/total', 'state/total/read']);
    expect(node('state/total/replace')?.inputList).toEqual(['state/total', 'call:0']);
    expect(node('output/half')?.inputList).toEqual(['call:1', '^state/total/replace']);
    expect(node('state/total/undo')?.inputList).toEqual(['state/total', 'before/total/read']);
  });

  it('leaves the function to XLA only where that is wanted', async () => {
    for (const xla of [false, true]) {
      const metaGraph = await emit(counter, { xla });
      const call = metaGraph.graphDef.nodeList.find(({ name }) => name === 'call');
      expect(attribute(functionOf(metaGraph), '_XlaMustCompile')?.b).toBe(xla);
      expect(call && attribute(call, '_XlaMustCompile')?.b).toBe(xla);
    }
  });

  it("keeps its nodes from running early, unless XLA plans the function's memory", async () => {
    for (const xla of [false, true]) {
      const { nodeDefList } = functionOf(await emit(smallStep, { xla }));
      const waiting = nodeDefList.filter(({ inputList }) => inputList.some((input) => input.startsWith('^')));
      expect(waiting.map(({ op }) => op)).not.toContain('Const');
      expect(waiting.length > 0).toBe(!xla);
    }
  });

  it('names an op that it cannot emit', () => {
    const x: Value = { shape: [2], type: 'float32' };
    const y: Value = { shape: [2], type: 'float32' };
    const graph: Graph = {
      state: new Map(),
      inputs: new Map([['x', x]]),
      constants: new Map(),
      nodes: [{ op: 'Square', inputs: [x], inputNames: ['x'], attributes: {}, outputs: [y] }],
      newState: new Map(),
      outputs: new Map([['y', y]]),
    };
    expect(() => emitSavedModel('test program', graph, { xla: false })).toThrow(
      'The op Square was not taken out of the graph',
    );
  });
});

describe('the function', () => {
  it('multiplies matrices but the prototypes, and nothing else, in bfloat16 where that is wanted, and rounds each tensor once', async () => {
    const [FLOAT32, BFLOAT16] = [1, 14];
    const { nodeDefList } = functionOf(await emit(smallStep, { xla: false, precision: 'bfloat16' }));
    const ofType = nodeDefList.filter((node) => attribute(node, 'T')?.type === BFLOAT16);
    expect(new Set(ofType.map(({ op }) => op))).toEqual(new Set(['MatMul', 'BatchMatMulV2']));
    // The logits of teacher and student, and the two gradients of the student's.
    const others = nodeDefList.filter((node) => /MatMul/.test(node.op) && !ofType.includes(node));
    expect(others.map((node) => [node.op, attribute(node, 'T')?.type])).toEqual(Array(4).fill(['MatMul', FLOAT32]));
    const casts = nodeDefList.filter((node) => attribute(node, 'DstT')?.type === BFLOAT16);
    const rounded = casts.map(({ inputList }) => inputList[0]);
    expect(new Set(rounded).size).toBe(rounded.length);
    const names = new Set(casts.map(({ name }) => `${name}:y:0`));
    const factors = ofType.flatMap(({ inputList }) => inputList.filter((input) => !input.startsWith('^')));
    for (const input of factors) expect(names).toContain(input);
    const products = new Set(ofType.map(({ name }) => name));
    for (const node of nodeDefList) {
      const takesProduct = node.inputList.some((input) => products.has(input.split(':')[0] ?? ''));
      if (takesProduct) expect([node.op, attribute(node, 'SrcT')?.type]).toEqual(['Cast', BFLOAT16]);
    }
  });

  it('leaves the rounding to TensorFlow where that is wanted: of stacks of matrices, and of no vectors', async () => {
    const [FLOAT32, BFLOAT16] = [1, 14];
    const { nodeDefList } = functionOf(await emit(smallStep, { xla: false, precision: 'rounded float32' }));
    const typesOf = (node: Entry) => ['T', 'SrcT', 'DstT'].map((name) => attribute(node, name)?.type);
    expect(nodeDefList.flatMap(typesOf)).not.toContain(BFLOAT16);
    const plain = functionOf(await emit(smallStep)).nodeDefList;
    const count = (nodes: readonly Entry[], op: string) => nodes.filter((node) => node.op === op).length;
    // Four of logits, whose precision is never less, and those of layer norm's offsets, folded into the layers behind them.
    const single = nodeDefList.filter(({ op }) => op === 'MatMul');
    expect(single.every((node) => attribute(node, 'T')?.type === FLOAT32)).toBe(true);
    expect(single.length).toBeGreaterThan(4);
    expect(single.length).toBeLessThan(count(plain, 'MatMul'));
    const products = (nodes: readonly Entry[]) => count(nodes, 'MatMul') + count(nodes, 'BatchMatMulV2');
    expect(products(nodeDefList)).toBe(products(plain));
  });

  it('takes what it needs of state and inputs, and gives new state and outputs', async () => {
    const { signature, nodeDefList, retMap } = functionOf(await emit(counter));
    expect(signature.name).toBe('test_program');
    expect(signature.inputArgList.map(({ name }) => name)).toEqual(['argument0', 'argument1']);
    expect(signature.outputArgList.map(({ name }) => name)).toEqual(['result0', 'result1']);
    const ops = Object.fromEntries(
      retMap.map(([name, reference]) => [name, nodeDefList.find((node) => node.name === reference.split(':')[0])?.op]),
    );
    expect(ops).toEqual({ result0: 'AddV2', result1: 'Mul' });
  });

  it('is whole for a training step: every reference leads to an argument or an earlier node', async () => {
    const { signature, nodeDefList, retMap } = functionOf(await emit(smallStep));
    const known = new Set(signature.inputArgList.map(({ name }) => name));
    for (const { name, inputList } of nodeDefList) {
      for (const input of inputList) expect(known).toContain(input.replace(/^\^|:.*$/g, ''));
      known.add(name);
    }
    for (const [, reference] of retMap) expect(known).toContain(reference.split(':')[0]);
    expect(nodeDefList.length).toBeGreaterThan(300);
  });
});

describe('the SavedModel of a graph whose updates are made outside', () => {
  const emitSplit = async (program: Program) => {
    const traced = await trace(program);
    await useCpuBackend();
    const { graph, handedOn, updates } = splitStateUpdates(simplify(traced));
    const names = new Set(
      updates.updates.flatMap(({ tensors }) => tensors.flatMap((tensor) => ('state' in tensor ? [tensor.state] : []))),
    );
    return {
      names,
      handedOn,
      model: decode(emitSavedModel(program.name, graph, { xla: false, outside: { names, handedOn } })),
    };
  };

  it('is given that state, and has variables for the rest', async () => {
    const { names, model } = await emitSplit({
      name: 'average and sum',
      state: { average: float32(3), sum: float32() },
      inputs: { x: float32(3) },
      body: ({ average, sum }, { x }) => ({
        state: {
          average: tf.mul(tf.add(average as tf.Tensor, tf.exp(x as tf.Tensor)), 0.5),
          sum: tf.add(sum as tf.Tensor, tf.sum(average as tf.Tensor)),
        },
        outputs: {},
      }),
    });
    expect([...names]).toEqual(['average']);
    const variables = model.graphDef.nodeList.filter(({ op }) => op === 'VarHandleOp').map(({ name }) => name);
    expect(variables).toEqual(['state/sum', 'before/sum']);
    const { call, read, write } = Object.fromEntries(model.signatureDefMap);
    expect(call?.inputsMap.map(([, info]) => info.name).sort()).toEqual([
      'input/x:0',
      'memory/0:0',
      'outside/average:0',
    ]);
    for (const infos of [read?.outputsMap, write?.inputsMap]) expect(infos?.map(([name]) => name)).toEqual(['sum']);
  });

  it('writes the gradients where it is told, in every call, and gives the numbers', async () => {
    const { handedOn, model } = await emitSplit(smallStep);
    const { nodeList } = model.graphDef;
    const places = handedOn.map(({ shape }, place) => ({ place, size: shape.reduce((a, b) => a * b, 1) }));
    const tensors = places.filter(({ size }) => size > 1);
    const writes = nodeList.filter(({ op }) => op === 'InplaceUpdate');
    expect(writes.map(({ inputList }) => inputList[0])).toEqual(tensors.map(({ place }) => `memory/${place}`));
    const called = nodeList.find(({ name }) => name === 'called')?.inputList;
    for (const { name } of writes) expect(called).toContain(`^${name}`);
    const { call } = Object.fromEntries(model.signatureDefMap);
    const shapeOf = (name: string) =>
      call?.inputsMap.find(([, info]) => info.name === name)?.[1].tensorShape.dimList.map(({ size }) => size);
    for (const { place, size } of tensors) expect(shapeOf(`memory/${place}:0`)).toEqual([1, size]);
    const numbers = places.filter(({ size }) => size === 1).map(({ place }) => `handed_on/${place}:0`);
    expect(numbers.length).toBeGreaterThan(0);
    const given = call?.outputsMap.map(([, info]) => info.name).filter((name) => name.startsWith('handed_on'));
    expect(new Set(given)).toEqual(new Set(numbers));
  });
});

describe('the SavedModel of several GPUs', () => {
  const network: NetworkSpec = {
    backbone: {
      kind: 'vit',
      ...vitOfDino({ patchSize: 4, inChans: 3, imageSize: 8, embedDim: 8, depth: 2, numHeads: 2 }),
    },
    head: { inDim: 8, hiddenDim: 8, bottleneckDim: 4, outDim: 8, normLastLayer: true, batchNorm: false },
  };
  const gpus = ['/device:GPU:0', '/device:GPU:1', '/device:GPU:2'];
  const shared = trainingStep({
    network,
    batchSize: 6,
    calls: 1,
    replicas: gpus.length,
    localCropsNumber: 1,
    localSize: 4,
    dropPath: true,
    studentTemp: 0.1,
    centerMomentum: 0.9,
    clipGrad: 3,
    optimizer: 'adamw',
  });
  const { part, groups } = shared.sharing as Sharing;
  const emitShared = (options: Partial<SavedModelOptions> = {}) =>
    emit(part, { xla: true, devices: gpus, shared: { inputs: shared.inputs, groups }, ...options });
  const sourceOf = (input: string) => input.replace(/^\^|:\d+$/g, '');

  it('has variables, calls and sums on each of them, and all else in the host', async () => {
    const { graphDef } = await emitShared();
    const placed = ['VarHandleOp', 'ReadVariableOp', 'AssignVariableOp', 'PartitionedCall', 'NcclAllReduce'];
    for (const { name, op, device } of graphDef.nodeList) {
      const replica = Number(/^replica(\d)/.exec(name)?.[1] ?? /^sum\/\d\/(\d)/.exec(name)?.[1] ?? 0);
      const isResult = op === 'Identity';
      expect(device, name).toBe(placed.includes(op) || isResult ? gpus[replica] : '/device:CPU:0');
    }
    const count = (op: string) => graphDef.nodeList.filter((node) => node.op === op).length;
    expect(count('PartitionedCall')).toBe(2 * gpus.length);
    const variables = graphDef.nodeList.filter(({ op }) => op === 'VarHandleOp').map(({ name }) => name);
    for (const state of Object.keys(part.state)) {
      for (const prefix of ['', 'replica1/', 'replica2/']) expect(variables).toContain(`${prefix}state/${state}`);
    }
  });

  it('adds up over NCCL what all must agree on: each gradient, the logits’ mean, and what is shown', async () => {
    const { graphDef } = await emitShared();
    const sums = graphDef.nodeList.filter(({ op }) => op === 'NcclAllReduce');
    expect(sums.map(({ device }) => device)).toEqual(gpus);
    const text = (node: Entry, name: string) =>
      Buffer.from(String((attribute(node, name) as { s?: string } | undefined)?.s), 'base64').toString();
    for (const [i, sum] of sums.entries()) {
      expect(text(sum, 'reduction')).toBe('sum');
      expect(text(sum, 'shared_name')).toBe('sum/0');
      expect((attribute(sum, 'num_devices') as { i?: number } | undefined)?.i).toBe(gpus.length);
      const source = graphDef.nodeList.find(({ name }) => name === sourceOf(sum.inputList[0] as string));
      expect([source?.op, source?.device]).toEqual(['PartitionedCall', gpus[i]]);
    }
    const [first, second] = graphDef.library.functionList;
    const trained = Object.keys(networkOf(network).trained).length;
    const vector = first?.nodeDefList.findLast(({ op }) => op === 'ConcatV2');
    // The logits’ mean, loss, entropy and spread are added up with the gradients.
    expect((attribute(vector as Entry, 'N') as { i?: number } | undefined)?.i).toBe(trained + 6);
    const split = second?.nodeDefList.find(({ op }) => op === 'SplitV');
    expect((attribute(split as Entry, 'num_split') as { i?: number } | undefined)?.i).toBe(trained + 6);
    // The update is what comes after: it multiplies no matrices, and everything before it has none of its divisions.
    expect(second?.nodeDefList.some(({ op }) => /MatMul/.test(op))).toBe(false);
    for (const { attrMap } of graphDef.library.functionList) {
      expect(attrMap.find(([name]) => name === '_XlaMustCompile')?.[1].b).toBe(true);
    }
  });

  it('lets nothing else pass from one GPU to another', async () => {
    const { graphDef } = await emitShared({ addBy: 'copies' });
    const byName = new Map(graphDef.nodeList.map((node) => [node.name, node]));
    for (const { op, name, device, inputList } of graphDef.nodeList) {
      for (const input of inputList) {
        if (input.startsWith('^')) continue;
        const from = byName.get(sourceOf(input));
        if (op !== 'AddN') expect([device, '/device:CPU:0'], `${from?.name} to ${name}`).toContain(from?.device);
      }
    }
  });

  it('divides the images, each crop’s among all', async () => {
    const { graphDef, signatureDefMap } = await emitShared();
    for (const name of ['globals', 'locals', 'drop_path']) {
      const shares = graphDef.nodeList.filter((node) => node.name.startsWith('share/') && node.op === 'Slice');
      expect(shares.filter((node) => node.name.endsWith(`/${name}/slice`))).toHaveLength(gpus.length);
    }
    const [, call] = signatureDefMap.find(([name]) => name === 'call') ?? [];
    const globals = call?.inputsMap.find(([name]) => name === 'globals')?.[1];
    expect(globals?.tensorShape.dimList.map(({ size }) => size)).toEqual([12, 3, 8, 8]);
  });

  it('has each of its names once, also where images are sent ahead', async () => {
    const { graphDef, signatureDefMap } = await emitShared({ sentAhead: ['globals', 'locals', 'drop_path'] });
    const names = graphDef.nodeList.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const known = new Set(names);
    for (const { inputList } of graphDef.nodeList)
      for (const input of inputList) expect(known).toContain(sourceOf(input));
    const refills = graphDef.nodeList.filter(({ name }) => name.endsWith('/refill'));
    expect(refills).toHaveLength(3 * gpus.length);
    // A refill waits until the call has read what was there.
    for (const { inputList, name } of refills) expect(inputList).toContain(`^${name.replace('/refill', '/read')}`);
    const signatures = Object.fromEntries(signatureDefMap);
    expect(signatures['send']?.inputsMap.map(([name]) => name).sort()).toEqual(['drop_path', 'globals', 'locals']);
    expect(signatures['call']?.inputsMap.some(([name]) => name === 'globals')).toBe(false);
  });
});

describe('the SavedModel of a step in parts', () => {
  /** 24 parts in twelve chains. */
  const emitParts = async (lanes: number, options: Partial<SavedModelOptions> = {}) => {
    const program = stepProgram(settingsFor({ batch_size: 24 }));
    const { graph, parts } = await simplifiedProgram(program, () => 24);
    if (parts === undefined) throw new Error('The step is not divided.');
    const { divided, sharing } = parts;
    const rest = { ...divided.rest, state: graph.state, inputs: graph.inputs };
    return decode(
      emitSavedModel('a step', rest, {
        xla: false,
        shared: { inputs: program.inputs },
        parts: { divided, parts: 24, groups: sharing.groups, lanes },
        ...options,
      }),
    ).graphDef;
  };
  const partCalls = ({ nodeList }: MetaGraph['graphDef']) =>
    nodeList.filter(({ name }) => name.startsWith('call/part/'));

  it('has each of its names once, and knows all that it refers to', async () => {
    const { nodeList } = await emitParts(2);
    const names = nodeList.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const known = new Set(names);
    for (const { inputList } of nodeList)
      for (const input of inputList) expect(known).toContain(input.replace(/^\^|:\d+$/g, ''));
  });

  it('calls two functions, which are not inlined, once for each part', async () => {
    const graphDef = await emitParts(2);
    expect(partCalls(graphDef)).toHaveLength(24);
    for (const call of partCalls(graphDef)) expect(attribute(call, '_noinline')?.b).toBe(true);
    const functions = graphDef.library.functionList.filter((one) => attribute(one, '_noinline')?.b);
    expect(functions.map(({ signature }) => signature.name)).toEqual(['a_step_part', 'a_step_part_after_another']);
  });

  it.each([2, 5])(
    'computes %i chains at a time: another one waits for the end of the one in its lane',
    async (lanes) => {
      for (const { name, inputList } of partCalls(await emitParts(lanes))) {
        const part = Number(name.split('/').at(-1));
        const waits = inputList.filter((input) => input.startsWith('^'));
        // The last part of chain c is part 12 + c.
        expect(waits, name).toEqual(part >= lanes && part < 12 ? [`^call/part/${12 + part - lanes}`] : []);
        if (part >= 12) expect(inputList.some((input) => input.startsWith(`call/part/${part - 12}:`))).toBe(true);
      }
    },
  );

  it('is of a plain graph on the processor', async () => {
    await expect(emitParts(2, { xla: true })).rejects.toThrow('Parts are computed by a plain graph');
    await expect(emitParts(2, { devices: ['/device:GPU:0'] })).rejects.toThrow('Parts are computed by a plain graph');
  });
});
