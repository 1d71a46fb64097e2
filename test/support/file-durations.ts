/**
 * A reporter of vitest: how long each file took, with all that it set up, which vitest's own JSON leaves out. Written to
 * `--outputFile.durations` as seconds by file.
 */
import { writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import type { Reporter, TestModule, Vitest } from 'vitest/node';

// biome-ignore lint/style/noDefaultExport: vitest loads a reporter so
export default class FileDurations implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  async onTestRunEnd(modules: readonly TestModule[]): Promise<void> {
    const { outputFile, root } = this.#vitest?.config ?? {};
    const path = typeof outputFile === 'object' ? outputFile.durations : undefined;
    if (path === undefined || root === undefined) return;
    const durations = modules.map((module) => [
      relative(root, module.moduleId),
      module.diagnostic().duration / 1000,
    ]);
    await writeFile(path, JSON.stringify(Object.fromEntries(durations)));
  }
}
