/** How a hook tool is run. The process runner is in `process-runner.ts`; tests answer in process. */

export interface ToolResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ToolRunner {
  /** Runs one hook tool with these arguments; `stdin` is given whole. Never through a shell. */
  run(tool: string, args: readonly string[], stdin?: string): Promise<ToolResult>;
}
