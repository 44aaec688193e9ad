/** Commands of `dino` without a process of their own. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { vi } from 'vitest';

/** A small network, and an engine that needs no library. */
export const TINY_VIT = [
  ...['--checkpoint', join(import.meta.dirname, '../../reference/tiny-vit/teacher_final.safetensors')],
  ...['--heads', '2', '--engine', 'eager'],
];

/** What the command says with --json. @throws what it throws */
export async function resultOf(command: Command, ...args: string[]): Promise<Record<string, unknown>> {
  const written = await linesOf(command, ...args, '--json');
  return JSON.parse(written.at(-1) ?? '') as Record<string, unknown>;
}

/** What the command says. @throws what it throws */
export async function linesOf(command: Command, ...args: string[]): Promise<string[]> {
  const written: string[] = [];
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  const err = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  try {
    await command.exitOverride().parseAsync(args, { from: 'user' });
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
  return written.join('').trim().split('\n');
}
