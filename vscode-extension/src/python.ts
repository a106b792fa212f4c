/**
 * Which Python runs the server: the first candidate that is new enough.
 *
 * Starts programs through what it is given, and knows nothing of VS Code.
 */
import * as path from "node:path";

/** The oldest Python that Patchwire itself runs on. The project's own, which runs its tests, may be older. */
export const OLDEST = [3, 11] as const;

export interface Candidate {
  /** A path or a command's name. */
  command: string;
  /** Where it comes from, for people. */
  from: string;
}

export interface Python {
  /** The interpreter's own path. */
  executable: string;
  version: string;
  from: string;
}

/** Starts a program and returns what it prints, or undefined if it fails or takes too long. */
export type Run = (command: string, args: readonly string[]) => Promise<string | undefined>;

const PROBE = "import sys; print('%d.%d.%d' % sys.version_info[:3]); print(sys.executable)";

/** What may be on the PATH, the newest first; `python3` before all, because it is the user's usual one. */
export function onPath(platform: string): Candidate[] {
  const names = ["python3", "python", "python3.14", "python3.13", "python3.12", "python3.11"];
  return (platform === "win32" ? ["python", "py"] : names).map((command) => ({ command, from: "PATH" }));
}

/** The first of the candidates that is new enough, and what was found wrong with those before it. */
export async function choose(candidates: readonly Candidate[], run: Run): Promise<{ python?: Python; refused: string[] }> {
  const refused: string[] = [];
  for (const { command, from } of candidates) {
    const printed = await run(command, ["-I", "-c", PROBE]);
    const [version, executable] = (printed ?? "").split(/\r?\n/);
    if (!version || !executable) {
      refused.push(`${command} (${from}): did not start`);
    } else if (!isNewEnough(version)) {
      refused.push(`${command} (${from}): is ${version}`);
    } else {
      return { python: { executable, version, from }, refused };
    }
  }
  return { refused };
}

export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

/** The directories of the PATH that a program may be taken from: absolute ones, outside the folders that are not trusted. */
export function safePath(searched: string, folders: readonly string[], delimiter = path.delimiter): string {
  const isInside = (directory: string, folder: string) => {
    const relative = path.relative(folder, directory);
    return !relative.startsWith("..") && !path.isAbsolute(relative);
  };
  return searched
    .split(delimiter)
    .filter((directory) => path.isAbsolute(directory) && !folders.some((folder) => isInside(directory, folder)))
    .join(delimiter);
}
