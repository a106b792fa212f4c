// @ts-check
/**
 * The end-to-end tests: the suites of test/host inside the extension host of a real VS Code, then one person's path through it.
 *
 *     node test/editor/run.mjs [latest] [--only=SUITE] [--keep-images]
 */
import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { Editor, EXTENSION, install, REPOSITORY, STABLE } from "./editor.mjs";
import { THEMES, walk } from "./person.mjs";
import { HANDS_PLAY, layOut, makeHostile, makeOldMachine, makePythonExtensions, PLAY } from "./project.mjs";

const options = process.argv.slice(2);
const only = options.find((it) => it.startsWith("--only="))?.slice("--only=".length);
const version = options.includes("latest") ? "latest" : STABLE;
const SUITE_SECONDS = 420;
const BIN = path.join(REPOSITORY, ".venv", "bin");
const PYTHON = fs.realpathSync(path.join(BIN, "python"));

/** The service that plays; ended by `stop`. */
async function serve(/** @type {string} */ home, /** @type {object[]} */ play) {
  const script = path.join(home, "play.json");
  fs.writeFileSync(script, JSON.stringify(play));
  const child = spawn(path.join(BIN, "patchwire"), ["serve", "--script", script, "--json"], { stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    child.once("exit", (code) => reject(new Error(`the service ended with ${code}`)));
    setTimeout(() => reject(new Error("the service did not say where it is")), 30_000).unref();
  });
  return { .../** @type {{ base_url: string, token: string }} */ (JSON.parse(line)), stop: () => child.kill("SIGINT") };
}

/** Everything that could let this machine's own settings in is left out. */
function surroundings(/** @type {string} */ home) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PATCHWIRE|OPENAI|PYTHON|HOME$|PYENV_ROOT)/.test(name)));
  return { ...env, VIRTUAL_ENV: path.dirname(BIN), XDG_STATE_HOME: path.join(home, "state") };
}

/**
 * @param {import("./editor.mjs").Installed} installed
 * @param {string} suite
 */
async function host(installed, suite) {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), "patchwire-e2e-"));
  const project = path.join(home, "shop");
  layOut(project);
  /** @type {Record<string, string | undefined>} */
  let env = { ...surroundings(home), PATCHWIRE_SUITE: suite, PATCHWIRE_ONLY: process.env["ONLY"] };
  /** @type {Record<string, unknown>} */
  const settings = suite === "main" ? { "patchwire.testCommand": "python -m pytest" } : {};
  /** @type {(() => void) | undefined} */
  let stop;
  /** @type {string[]} */
  let others = [];
  if (suite === "main" || suite === "hands") {
    const service = await serve(home, suite === "main" ? PLAY : HANDS_PLAY);
    stop = service.stop;
    env = { ...env, OPENAI_BASE_URL: service.base_url, PATCHWIRE_TEST_KEY: service.token };
  } else if (suite === "untrusted") {
    makeHostile(project);
    settings["security.workspace.trust.enabled"] = true;
    settings["security.workspace.trust.startupPrompt"] = "never";
    settings["security.workspace.trust.banner"] = "never";
  } else if (suite === "environments") {
    others = makePythonExtensions(path.join(home, "extensions"));
    env = { ...env, VIRTUAL_ENV: undefined, PATCHWIRE_TEST_ENVIRONMENT: path.dirname(BIN), PATCHWIRE_TEST_PYTHON: PYTHON };
  } else {
    const machine = path.join(home, "bin");
    makeOldMachine(machine, PYTHON);
    for (const program of ["git", "sh", "env"]) {
      fs.symlinkSync(spawnSync("which", [program], { encoding: "utf8" }).stdout.trim(), path.join(machine, program));
    }
    env["PATH"] = machine;
  }
  const editor = await Editor.start({ installed, settings, others, env });
  try {
    console.log(`suite ${suite}`);
    const tests = path.join(EXTENSION, "build", "host", "index.js");
    return await editor.runTests({ folder: project, extension: EXTENSION, tests, seconds: SUITE_SECONDS });
  } finally {
    await editor.close();
    stop?.();
    fs.rmSync(home, { recursive: true, force: true });
  }
}

const started = Date.now();
const installed = install(version);
console.log(`VS Code's server: code-server ${installed.version}; set up in ${((Date.now() - started) / 1000).toFixed(0)} s`);
const failed = [];
for (const suite of ["main", "hands", "environments", "untrusted", "noPython"].filter((it) => !only || it === only)) {
  if ((await host(installed, suite)) !== 0) {
    failed.push(suite);
  }
}
if (!only || only === "person") {
  // Pictures are for looking at; those in the repository are replaced on demand.
  const images = path.join(REPOSITORY, options.includes("--keep-images") ? "docs/images" : "build/images");
  fs.mkdirSync(images, { recursive: true });
  for (const theme of /** @type {(keyof typeof THEMES)[]} */ (Object.keys(THEMES)).filter((it) => it === (process.env["ONLY"] ?? it))) {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), "patchwire-e2e-"));
    try {
      await walk(installed, theme, { images, env: surroundings(home) });
    } catch (error) {
      console.error(`  FAIL one person's path, ${theme}\n${error instanceof Error ? error.stack : error}`);
      failed.push(`person (${theme})`);
    } finally {
      fs.rmSync(home, { recursive: true, force: true });
    }
  }
}
if (failed.length > 0) {
  console.error(`failed: ${failed.join(", ")}`);
  process.exitCode = 1;
}
