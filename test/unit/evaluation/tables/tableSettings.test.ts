import { describe, expect, it } from 'vitest';
import { tableSettings } from '../../../../src/evaluation/tables/tableSettings.js';

describe('the setting dino.tables', () => {
  it('names separators and decimal marks in words', () => {
    expect(tableSettings({ header: false, separator: 'semicolon', decimal: 'comma', nameColumn: '2' })).toEqual({
      header: false,
      separator: ';',
      decimal: ',',
      nameColumn: '2',
    });
    expect(tableSettings({ encoding: 'latin1' })).toEqual({ encoding: 'windows-1252' });
    expect(tableSettings({})).toStrictEqual({});
    expect(tableSettings({ header: true })).toStrictEqual({ header: true });
  });

  it.each([
    [{ separator: 'dash' }, 'separator must be comma, tab, semicolon, pipe, space, not “dash”'],
    [{ separator: 'toString' }, 'not “toString”'],
    [{ decimal: 1 }, 'decimal must be point, comma'],
    [{ header: 'yes' }, 'header must be true or false'],
    [{ encoding: 'klingon' }, 'klingon'],
    [{ nameColumn: '' }, 'nameColumn must not be empty'],
    [{ quote: '"' }, 'there is no quote'],
    ['comma', 'it must be an object'],
  ])('refuses %j in a sentence', (value, words) => {
    expect(() => tableSettings(value)).toThrow(/^The setting dino\.tables is wrong: .*\.$/);
    expect(() => tableSettings(value)).toThrow(words);
  });
});
