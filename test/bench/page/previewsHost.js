// Runs in the page that previews crops in place of VS Code: hands on what the page asks to `tellSubject`, `answerImage` and
// `answerCrops`, which the benchmark has put there, and drags a slider.

/** @typedef {{ id?: string, method: string, params: object }} Message */

/** @type {import('./host.js').Host} */
const { given, say, bytes } = Reflect.get(window, 'host');

async function answer(/** @type {Message} */ { id, method, params }) {
  if (method === 'previews/ready') say({ method: 'previews/subject', params: await given('tellSubject')() });
  const asked = { 'previews/image': 'answerImage', 'previews/crops': 'answerCrops' }[method];
  if (asked === undefined) return;
  const { pixels, ...rest } = await given(asked)(params);
  say({ id, result: { ...rest, pixels: bytes(pixels) } });
}

/**
 * Milliseconds from a move of the first slider, the least area of the global crops, to the last pixel of all crops.
 * @param {number} count of moves
 */
async function slides(count) {
  const slider = document.querySelector('.groups input[type="range"]');
  const tiles = document.querySelector('.tiles');
  if (!(slider instanceof HTMLInputElement) || tiles === null) throw new Error('The page has no sliders.');
  const [least, most] = [Number(slider.min), Number(slider.max)];
  const took = [];
  for (let move = 0; move < count; move++) {
    slider.valueAsNumber = least + ((move * 0.7548776662) % 1) * (most - least);
    const drawn = new Promise((resolve) => {
      const observer = new MutationObserver(() => {
        observer.disconnect();
        resolve(undefined);
      });
      observer.observe(tiles, { childList: true, subtree: true });
    });
    const started = performance.now();
    slider.dispatchEvent(new Event('input'));
    await drawn;
    for (const each of document.querySelectorAll('canvas')) each.getContext('2d')?.getImageData(0, 0, 1, 1);
    took.push(performance.now() - started);
  }
  return took;
}

Object.assign(window, {
  acquireVsCodeApi: () => ({ getState: () => undefined, setState: () => undefined, postMessage: answer }),
  slides,
});
