// @ts-check
/**
 * Packs the extension into build/patchwire.vsix at the top of the repository: the same bytes from the same sources, one file
 * for every platform, and small.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import * as zlib from "node:zlib";
import { createVSIX } from "@vscode/vsce";

const LIMIT = 2 * 1024 * 1024;
const extension = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const vsix = path.join(extension, "..", "build", "patchwire.vsix");

fs.mkdirSync(path.dirname(vsix), { recursive: true });
fs.mkdirSync(path.join(extension, "build"), { recursive: true });

/** All files below a directory, by their paths in it. */
function texts(/** @type {string} */ root) {
  const files = fs.readdirSync(root, { recursive: true, withFileTypes: true }).filter((it) => it.isFile());
  const names = files.map((it) => path.relative(root, path.join(it.parentPath, it.name)).replaceAll(path.sep, "/")).sort();
  return Object.fromEntries(names.map((name) => [name, fs.readFileSync(path.join(root, name), "utf8")]));
}

// Tests that ran the server from here left these behind.
for (const it of fs.readdirSync(path.join(extension, "bundled"), { recursive: true, withFileTypes: true })) {
  if (it.name === "__pycache__") {
    fs.rmSync(path.join(it.parentPath, it.name), { recursive: true, force: true });
  }
}

// The sample's pytest is unpacked once, by whoever tries the sample; everybody else just carries it.
const pytest = Buffer.from(JSON.stringify(texts(path.join(extension, "bundled", "pytest"))));
const { BROTLI_PARAM_SIZE_HINT, BROTLI_PARAM_LGWIN } = zlib.constants;
const params = { [BROTLI_PARAM_SIZE_HINT]: pytest.length, [BROTLI_PARAM_LGWIN]: 22 };
fs.writeFileSync(path.join(extension, "bundled", "pytest.json.br"), zlib.brotliCompressSync(pytest, { params }));

// Where there is no server to load them from, the details page would show its pictures as broken.
const readme = fs.readFileSync(path.join(extension, "README.md"), "utf8").replace(/^!\[.*\n\n?/gm, "");
fs.writeFileSync(path.join(extension, "build", "README.md"), readme);

execFileSync(process.execPath, [path.join(extension, "scripts", "build.mjs")], { stdio: "inherit" });

// vsce sorts the files and gives all of them this time: that of the commit.
const commit = spawnSync("git", ["log", "-1", "--format=%ct"], { cwd: extension, encoding: "utf8" });
process.env["SOURCE_DATE_EPOCH"] = commit.stdout.trim() || "315532800";
await createVSIX({
  cwd: extension,
  packagePath: vsix,
  dependencies: false,
  allowMissingRepository: true,
  skipLicense: false,
  readmePath: "build/README.md",
  rewriteRelativeLinks: false,
});

const bytes = fs.readFileSync(vsix);
const digest = createHash("sha256").update(bytes).digest("hex");
console.log(`${(bytes.length / 1024).toFixed(0)} KiB of at most ${LIMIT / 1024}; sha256 ${digest}`);
if (bytes.length > LIMIT) {
  throw new Error("The extension has become too large; leave something out.");
}
