import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { extension, parts, repository } from './surroundings.js';

interface Manifest {
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string; readonly category: string }[];
    readonly views: Readonly<Record<string, readonly { readonly id: string }[]>>;
    readonly walkthroughs: readonly { readonly steps: readonly { readonly media: { readonly markdown: string } }[] }[];
  };
}

describe('The manifest', () => {
  const { contributes } = extension().packageJSON as Manifest;

  it('contributes commands that are all registered', async () => {
    await parts();
    const registered = new Set(await vscode.commands.getCommands(true));
    const missing = contributes.commands.filter(({ command }) => !registered.has(command));
    assert.deepEqual(missing, []);
    assert.ok(contributes.commands.length >= 10);
  });

  it('titles its commands without their category', () => {
    for (const { title, category } of contributes.commands) {
      assert.equal(category, 'DINO');
      assert.doesNotMatch(title, /DINO/);
    }
  });

  it('has views that can be shown', async () => {
    for (const { id } of Object.values(contributes.views).flat()) await vscode.commands.executeCommand(`${id}.focus`);
  });

  it('has a walkthrough of at most five steps, all with their pages', () => {
    for (const { steps } of contributes.walkthroughs) {
      assert.ok(steps.length <= 5);
      for (const { media } of steps) assert.ok(existsSync(path.join(repository(), media.markdown)), media.markdown);
    }
  });
});
