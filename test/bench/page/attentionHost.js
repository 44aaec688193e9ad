// Runs in the attention panel's page in place of VS Code: hands on what the page asks to `answerQuestion`, which the benchmark has put
// there, and moves the pointer.

/** @typedef {{ id?: string, method: string, params: object }} Message */

/** @type {import('./host.js').Host} */
const { given, say, bytes } = Reflect.get(window, 'host');

/** Arrays are texts, however deep they lie. @type {(value: any) => any} */
function decoded(value) {
  if (value?.base64) return bytes(value.base64);
  if (Array.isArray(value)) return value.map(decoded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, decoded(part)]));
}

async function answer(/** @type {Message} */ { id, method, params }) {
  if (method === 'attention/ready') say({ method: 'attention/subject', params: await given('tellSubject')() });
  if (method === 'attention/chooseBeside') say({ method: 'attention/subject', params: await given('tellBeside')() });
  const ask = { 'attention/ask': 'answerQuestion', 'attention/askPatches': 'answerPatches' }[method];
  if (ask === undefined) return;
  try {
    say({ id, result: decoded(await given(ask)(params)) });
  } catch (error) {
    say({ id, error: { message: error instanceof Error ? error.message : String(error) } });
  }
}

/**
 * Milliseconds from the event to the last pixel, the wait for the next frame left out.
 * @param {number} count
 */
async function pointerMoves(count) {
  const canvas = document.querySelector('canvas.large');
  if (canvas === null) throw new Error('The page shows no image.');
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const took = [];
  for (let move = 0; move < count; move++) {
    // Every move to another patch.
    const [across, down] = [(move * 0.7548776662) % 1, (move * 0.569840291) % 1];
    const event = new PointerEvent('pointermove', { clientX: left + across * width, clientY: top + down * height });
    const started = performance.now();
    canvas.dispatchEvent(event);
    const handled = performance.now() - started;
    // The page asked for a frame before: this is called behind its own drawing, in the same frame.
    const painted = await new Promise((resolve) => {
      requestAnimationFrame((frame) => {
        for (const each of document.querySelectorAll('canvas')) each.getContext('2d')?.getImageData(0, 0, 1, 1);
        resolve(performance.now() - frame);
      });
    });
    took.push(handled + painted);
  }
  return took;
}

/** As a person does: another look, and a second image beside the first. */
function showPatchesOfTwo() {
  const look = /** @type {HTMLElement & { value: string }} */ (document.querySelector('vscode-dropdown'));
  look.value = 'patches';
  look.dispatchEvent(new Event('change'));
  const choose = [...document.querySelectorAll('vscode-button')].find(
    ({ textContent }) => textContent === 'Second Image…',
  );
  if (!(choose instanceof HTMLElement)) throw new Error('The page offers no second image.');
  choose.click();
}

Object.assign(window, {
  acquireVsCodeApi: () => ({ getState: () => undefined, setState: () => undefined, postMessage: answer }),
  pointerMoves,
  showPatchesOfTwo,
});
