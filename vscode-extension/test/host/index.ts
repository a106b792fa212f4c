/**
 * Runs inside VS Code's extension host: one suite after the name in PATCHWIRE_SUITE, its tests one after another.
 */
import * as environments from "./environments";
import * as main from "./main";
import * as noPython from "./noPython";
import * as hands from "./hands";
import * as untrusted from "./untrusted";
import type { Tests } from "./stage";

const SUITES: Record<string, Tests> = { main: main.tests, hands: hands.tests, environments: environments.tests, noPython: noPython.tests, untrusted: untrusted.tests };
const SECONDS = 90;

export async function run(): Promise<void> {
  const name = process.env["PATCHWIRE_SUITE"] ?? "main";
  const only = process.env["PATCHWIRE_ONLY"];
  const failures: string[] = [];
  for (const [title, test] of Object.entries(SUITES[name] ?? {}).filter(([it]) => !only || it.includes(only))) {
    const started = Date.now();
    try {
      await within(test(), SECONDS);
      console.log(`  ok   ${title} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
    } catch (error) {
      failures.push(title);
      console.log(`  FAIL ${title}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }
  if (failures.length > 0) {
    throw new Error(`${failures.length} of the suite ${name} failed: ${failures.join("; ")}`);
  }
}

async function within(test: Promise<void>, seconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${seconds} s`)), seconds * 1000);
  });
  try {
    await Promise.race([test, late]);
  } finally {
    clearTimeout(timer);
  }
}
