import { spawn } from "node:child_process";

export type RunOptions = {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What the program reads from its standard input; none means an empty one. */
  readonly input?: string;
  /** Called with each whole line of standard error while the program runs. */
  readonly onErrorLine?: (line: string) => void;
  /** The program is ended after this many milliseconds; its code is then null. */
  readonly deadline?: number;
};

export type RunResult = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

/**
 * Runs a program to its end and returns what it printed, whatever its exit code.
 *
 * @throws the error of the operating system where the program cannot be started (ENOENT: there is none).
 */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ["pipe", "pipe", "pipe"],
      ...(options.deadline === undefined ? {} : { timeout: options.deadline }),
    });
    let stdout = "";
    let stderr = "";
    let line = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      const lines = (line + text).split("\n");
      line = lines.pop() ?? "";
      for (const whole of lines) options.onErrorLine?.(whole);
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
    // A program that ends without reading its input closes the pipe: its exit code says what is wrong, not the pipe.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
  });
}
