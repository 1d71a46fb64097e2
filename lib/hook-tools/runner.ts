/** How a hook tool is run. The process runner is in `process-runner.ts`; tests answer in process. */

export interface ToolResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How hook tools are run; tests answer in process. */
export interface ToolRunner {
  /** Runs one hook tool with these arguments; `stdin` is given whole. Never through a shell. */
  run(tool: string, args: readonly string[], stdin?: string): Promise<ToolResult>;
}
