import { describe, expect, it } from 'vitest';
import { makeCases, onlyNamed } from '../../bench/cases.mjs';
import { HEADINGS, judge, type Round } from '../../bench/judge.mjs';
import { mergedRows } from '../../bench/report.mjs';

const cases = makeCases({ python: 'python', forms: ['onnx', 'tensorflow', 'xla'] });
const caseOf = (...ids: string[]) => onlyNamed(cases, ids)[0] ?? expect.fail(`no case ${ids}`);

const speeds = (peer: number, ours: Record<string, number>, memoryOfPeer = 400): Round => ({
  ours: Object.fromEntries(Object.entries(ours).map(([id, images_per_s]) => [id, { images_per_s, peak_rss_mb: 300 }])),
  peer: { images_per_s: peer, peak_rss_mb: memoryOfPeer },
});

const column = (heading: string, rows: ReturnType<typeof judge>) =>
  Object.fromEntries(rows.map(({ id, cells }) => [id, cells[HEADINGS.indexOf(heading)]]));

describe('judge', () => {
  it('takes ratios within a round, and shows their median and spread', () => {
    const rounds = [
      speeds(10, { 'small-16-onnx': 13 }),
      speeds(20, { 'small-16-onnx': 28 }),
      speeds(40, { 'small-16-onnx': 48 }),
    ];
    const rows = judge(caseOf('small-16-onnx'), rounds);
    expect(column('ratio', rows)).toEqual({ 'small-16-onnx': '1.30 (1.20 to 1.40)' });
    expect(column('dino', rows)).toEqual({ 'small-16-onnx': '28.0 images/s' });
    expect(column('PyTorch', rows)).toEqual({ 'small-16-onnx': '20.0 images/s' });
    expect(column('peak memory, MB', rows)).toEqual({ 'small-16-onnx': '300 / 400 = 0.75' });
    expect(column('met', rows)).toEqual({ 'small-16-onnx': 'yes' });
  });

  it('takes ratios within a turn where programs took turns', () => {
    const turns = (...turn_ms: number[]) => ({ images_per_s: 1, peak_rss_mb: 300, turn_ms });
    // The machine was three times as slow in the last turn: whole rounds would say something else.
    const rounds = [{ ours: { 'small-16-onnx': turns(100, 100, 300) }, peer: turns(130, 110, 360) }];
    expect(column('ratio', judge(caseOf('small-16-onnx'), rounds))).toEqual({ 'small-16-onnx': '1.20 (1.20 to 1.20)' });
  });

  it('asks a goal of several entries of one of them', () => {
    const met = (plain: number, xla: number) => {
      const ours = { 'small-16-onnx': 8, 'small-16-tensorflow': plain, 'small-16-xla': xla };
      return column('met', judge(caseOf('small-16'), [speeds(10, ours)]));
    };
    expect(met(15, 11)).toEqual({ 'small-16-onnx': '**no**', 'small-16-tensorflow': 'yes', 'small-16-xla': '' });
    expect(met(10, 11)).toEqual({ 'small-16-onnx': '**no**', 'small-16-tensorflow': '', 'small-16-xla': '**no**' });
  });

  it('does not call a goal missed while another entry may meet it', () => {
    const rounds = [speeds(10, { 'small-16-xla': 11 })];
    expect(column('met', judge(caseOf('small-16-xla'), rounds))).toEqual({ 'small-16-xla': '' });
  });

  it('holds the memory against its limit too', () => {
    const rows = judge(caseOf('vit-small-onnx'), [speeds(10, { 'vit-small-onnx': 20 }, 200)]);
    expect(column('met', rows)).toEqual({ 'vit-small-onnx': '**no**' });
  });

  it('asks speed and memory of the same entry', () => {
    const round = (memoryOfPlain: number) => ({
      ours: {
        'vit-small-tensorflow': { images_per_s: 19, peak_rss_mb: memoryOfPlain },
        'vit-small-xla': { images_per_s: 20, peak_rss_mb: 140 },
      },
      peer: { images_per_s: 10, peak_rss_mb: 100 },
    });
    const met = (memoryOfPlain: number) =>
      column('met', judge(caseOf('vit-small-tensorflow', 'vit-small-xla'), [round(memoryOfPlain)]));
    expect(met(110)).toEqual({ 'vit-small-tensorflow': 'yes', 'vit-small-xla': '' });
    expect(met(130)).toEqual({ 'vit-small-tensorflow': '', 'vit-small-xla': '**no**' });
  });

  it('judges the first step by its seconds', () => {
    const rounds = [{ ours: { start: { first_step_ms: 4900 }, 'start-again': { first_step_ms: 2100 } } }];
    const rows = judge(caseOf('start'), rounds);
    expect(column('dino', rows)).toEqual({ start: '4.90 s', 'start-again': '2.10 s' });
    expect(column('met', rows)).toEqual({ start: 'yes', 'start-again': '**no**' });
  });
});

describe('onlyNamed', () => {
  const idsOf = (...names: string[]) => onlyNamed(cases, names).map(({ entries }) => entries.map(({ id }) => id));

  it('chooses rows by their names and by how these begin', () => {
    expect(idsOf('small-16-xla', 'features')).toEqual([
      ['small-16-xla'],
      ['features-onnx', 'features-tensorflow', 'features-xla'],
      ['features-files'],
    ]);
  });

  it('keeps entries that need one another together', () => {
    expect(idsOf('start-again')).toEqual([['start', 'start-again']]);
  });

  it('refuses a name that no row has', () => {
    expect(() => onlyNamed(cases, ['smal'])).toThrow(/--only names smal, but the rows are small-16-onnx, /);
  });
});

it('measures no TensorFlow where there is none, and asks no goal of it', () => {
  const [small] = makeCases({ python: 'python', forms: ['onnx'] });
  expect(small?.entries.map(({ id }) => id)).toEqual(['small-16-onnx']);
  expect(small?.goals.map(({ entries }) => entries)).toEqual([['small-16-onnx'], []]);
});

describe('mergedRows', () => {
  const old = '\n| row | dino |\n| --- | --- |\n| a | 1 |\n| b | 2 |\n\nthis machine\n';
  const merged = (here: string) => mergedRows(old, here, [['b', '3']], ['a', 'b', 'c']);

  it('replaces what was measured again and keeps the rest', () => {
    expect(merged('this machine')).toEqual([
      ['a', '1'],
      ['b', '3'],
    ]);
  });

  it('drops what was measured elsewhere', () => {
    expect(merged('another machine')).toEqual([['b', '3']]);
  });
});
