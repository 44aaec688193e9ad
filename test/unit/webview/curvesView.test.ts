import { describe, expect, it } from 'vitest';
import { fitted } from '../../../webview/curves/fitted.js';
import { nearestStep, stepsOf } from '../../../webview/curves/stripSteps.js';
import { type DrawnChart, svgOf } from '../../../webview/curves/svg.js';
import { panned, within, zoomed } from '../../../webview/curves/view.js';

describe('the part of the x axis that is shown', () => {
  it('is zoomed about its middle or a place, and is the whole again when it reaches both ends', () => {
    expect(zoomed(undefined, 100, 2)).toEqual({ from: 25, to: 75 });
    expect(zoomed({ from: 0, to: 50 }, 100, 5, 10)).toEqual({ from: 8, to: 18 });
    expect(zoomed({ from: 25, to: 75 }, 100, 0.5)).toBeUndefined();
    expect(zoomed(undefined, 100, 0.5)).toBeUndefined();
    const closest = zoomed({ from: 50, to: 50.01 }, 100, 1000);
    expect((closest?.to ?? 0) - (closest?.from ?? 0)).toBeCloseTo(0.01);
  });

  it('is moved up to the ends, and nowhere without data', () => {
    expect(panned({ from: 25, to: 75 }, 100, 0.2)).toEqual({ from: 35, to: 85 });
    expect(panned({ from: 25, to: 75 }, 100, -3)).toEqual({ from: 0, to: 50 });
    expect(panned({ from: 25, to: 75 }, 100, 3)).toEqual({ from: 50, to: 100 });
    expect(panned(undefined, 100, 1)).toBeUndefined();
    expect(within({ from: 150, to: 300 }, 100)?.to).toBe(100);
    expect(within({ from: 1, to: 2 }, 0)).toBeUndefined();
    expect(within({ from: 2, to: 1 }, 10)).toBeUndefined();
  });
});

describe('the SVG of the charts', () => {
  const drawn: DrawnChart = {
    width: 400,
    height: 200,
    area: { left: 40, right: 390, top: 10, bottom: 160 },
    x: {
      title: 'Step',
      ticks: [
        { at: 40, label: '0' },
        { at: 999, label: 'outside' },
      ],
    },
    y: { title: 'nats', ticks: [{ at: 10, label: '5' }] },
    lines: [
      {
        points: [
          [40, 20],
          [60.1234, 30],
        ],
        color: '#0072b2',
        width: 2,
        dash: [7, 3],
      },
      { points: [], color: 'red', width: 1, dash: [] },
    ],
  };
  const look = { foreground: '#000', muted: '#333', background: '#fff', grid: '#ccc', font: '"Some" font' };

  it('has the lines, the words of the axes, and the runs by name', () => {
    const svg = svgOf([{ title: 'Loss', drawn }], 1, [{ name: '<b>& "me"\u0001', color: '#0072b2', look: 1 }], look);
    expect(svg).toContain(
      '<polyline points="40,20 60.12,30" stroke="#0072b2" stroke-width="2" stroke-dasharray="7 3"/>',
    );
    expect(svg.match(/<polyline/g)).toHaveLength(1);
    expect(svg).toContain('>&#60;b&#62;&#38; &#34;me&#34;</text>');
    expect(svg).toContain('>Step</text>');
    expect(svg).not.toContain('outside');
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="436" height="302"/);
  });
});

describe('the steps of several runs', () => {
  it('are put together, and the nearest is found', () => {
    expect(stepsOf([[0, 10], [0, 5, 20], []])).toEqual([0, 5, 10, 20]);
    expect([4, 7, 8, 100].map((step) => nearestStep([0, 5, 10], step))).toEqual([5, 5, 10, 10]);
    expect(nearestStep([], 3)).toBeUndefined();
  });
});

describe('a small plot', () => {
  it('keeps the proportions of the points, in the middle of the square', () => {
    expect([...fitted(Float32Array.of(0, 0, 10, 5), 100)]).toEqual([0, 25, 100, 75]);
    expect([...fitted(Float32Array.of(3, 3, 3, 3), 100)]).toEqual([50, 50, 50, 50]);
    expect([...fitted(new Float32Array(0), 100)]).toEqual([]);
  });
});
