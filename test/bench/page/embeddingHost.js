// Runs in the embedding's page in place of VS Code: shows so many points in clusters, and moves the plot as a person does.

/** @typedef {{ id?: string, method: string, params: any }} Message */

const CLUSTERS = 20;
const KEPT_MS = 3000;
const count = Number(new URLSearchParams(window.location.search).get('points'));
/** @type {import('./host.js').Host} */
const { say } = Reflect.get(window, 'host');

function normal() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

function layout() {
  const points = new Float32Array(2 * count);
  for (let point = 0; point < count; point++) {
    const angle = (2 * Math.PI * (point % CLUSTERS)) / CLUSTERS;
    points[2 * point] = 10 * Math.cos(angle) * (1 + (point % 3) / 3) + 1.2 * normal();
    points[2 * point + 1] = 10 * Math.sin(angle) * (1 + (point % 3) / 3) + 1.2 * normal();
  }
  return points.buffer;
}

const network = { id: 'run', label: 'run', isFile: false, checkpoints: [{ id: 'one', label: 'step 1' }] };
const choice = { network: 'run', method: { kind: 'pca' }, mostImages: 1_000_000 };

function answer(/** @type {Message} */ { id, method, params }) {
  if (method === 'embedding/ready') {
    const shown = { kind: 'folder', path: '/images' };
    say({
      method: 'embedding/subject',
      params: { shown, title: `${count} points`, networks: [network], begun: choice, proposed: 'run' },
    });
    const names = Array.from({ length: count }, (_, point) => `${point % CLUSTERS}/${point}.png`);
    const classes = Array.from({ length: CLUSTERS }, (_, index) => `class ${index}`);
    const labels = Int32Array.from({ length: count }, (_, point) => point % CLUSTERS).buffer;
    say({ method: 'embedding/images', params: { names, classes, labels, areFiles: true, notes: [] } });
    say({ method: 'embedding/layout', params: { checkpoint: 'one', points: layout(), isDone: true } });
  }
  if (method !== 'embedding/thumbnails') return;
  const { images, side } = params;
  const pixels = new Uint8Array(images.length * side * side * 3).map((_, at) => (at * 7) % 251);
  say({ id, result: { pixels: pixels.buffer, unreadable: [] } });
}

/**
 * Turns the wheel and drags for a while.
 * @returns {Promise<number[]>} Milliseconds between frames that the browser has shown.
 */
async function moveAbout() {
  const stage = document.querySelector('.stage');
  if (stage === null) throw new Error('The page shows no plot.');
  const { left, top, width, height } = stage.getBoundingClientRect();
  const center = {
    clientX: left + width / 2,
    clientY: top + height / 2,
    bubbles: true,
    cancelable: true,
    view: window,
  };
  const frames = [];
  const began = performance.now();
  let last = await new Promise(requestAnimationFrame);
  while (performance.now() - began < KEPT_MS) {
    const share = (performance.now() - began) / KEPT_MS;
    stage.dispatchEvent(new WheelEvent('wheel', { ...center, deltaY: share < 0.5 ? -8 : 8 }));
    const now = await new Promise(requestAnimationFrame);
    // Until the points are really there: a page in software is else ahead of its GPU.
    const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector('canvas.points'));
    canvas.getContext('webgl2')?.finish();
    frames.push(now - last);
    last = now;
  }
  return frames;
}

function renderer() {
  const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector('canvas.points'));
  const context = canvas.getContext('webgl2');
  const extension = context?.getExtension('WEBGL_debug_renderer_info');
  if (context === null) return 'the page itself, pixel by pixel';
  return extension ? context?.getParameter(extension.UNMASKED_RENDERER_WEBGL) : 'unknown';
}

Object.assign(window, {
  acquireVsCodeApi: () => ({ getState: () => undefined, setState: () => undefined, postMessage: answer }),
  moveAbout,
  renderer,
});
