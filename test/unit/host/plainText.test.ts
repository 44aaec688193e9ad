import { expect, test } from 'vitest';
import { withoutIcons, withoutLinks } from '../../../src/host/plainText.js';

/** What VS Code takes for a link in a message (its linkedText.ts), and for an icon in a label (its iconLabels.ts). */
const LINK = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/i;
const ICON = /(?<!\\)\$\([A-Za-z0-9-]+(?:~[A-Za-z]+)?\)/;

test.each([
  '[a](command:x)',
  'one [two](https://three "four") five',
  '[[a](file:b)](command:c)',
  '[x]([y](command:z))',
])('a message has no link: %s', (text) => {
  expect(withoutLinks(text)).not.toMatch(LINK);
  expect(withoutLinks(text).replaceAll('\u200b', '')).toBe(text);
});

test.each(['$(bug)', 'a $(sync~spin) b $(x)', 'costs $(5)'])('a label has no icon: %s', (text) => {
  expect(withoutIcons(text)).not.toMatch(ICON);
  expect(withoutIcons(text).replaceAll('\\', '')).toBe(text);
});

test('what is neither stays as it is', () => {
  expect(withoutLinks('photos [2024] (all)')).toBe('photos [2024] (all)');
  expect(withoutIcons('$5 (five)')).toBe('$5 (five)');
});
