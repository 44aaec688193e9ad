import { parse } from 'jsonc-parser';
import { describe, expect, it } from 'vitest';
import { withConfigValues } from '../../../src/settings/configFile.js';

const CONFIG = `{
  // Small images.
  "preset": "small-data", // as recommended
  "local_crops_scale": [0.05, 0.4], /* of the area */
  "epochs": 20,
}
`;

describe('a config file that is given other values', () => {
  it('keeps comments, other keys and their order; a range stays on one line', () => {
    expect(withConfigValues(CONFIG, { local_crops_scale: [0.1, 0.3], blur_radius: [0.1, 1], local_size: 24 })).toBe(`{
  // Small images.
  "preset": "small-data", // as recommended
  "local_crops_scale": [0.1, 0.3], /* of the area */
  "epochs": 20,
  "blur_radius": [0.1, 1],
  "local_size": 24,
}
`);
  });

  it('is the same text when nothing changes', () => {
    expect(withConfigValues(CONFIG, {})).toBe(CONFIG);
    expect(withConfigValues(CONFIG, { epochs: 20 })).toBe(CONFIG);
  });

  it('may be empty before, and have Windows line ends', () => {
    expect(parse(withConfigValues('{}', { blur_radius: [1, 2] }))).toEqual({ blur_radius: [1, 2] });
    const changed = withConfigValues('{\r\n  "epochs": 20\r\n}\r\n', { seed: 1 });
    expect(changed).toBe('{\r\n  "epochs": 20,\r\n  "seed": 1\r\n}\r\n');
  });
});
