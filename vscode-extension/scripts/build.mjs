// @ts-check
/**
 * Bundles the extension into dist/: `extension.js`, which is loaded when VS Code starts, and `client.js` with the language
 * client, which is loaded when it is needed. With `--tests`, the tests too, into build/.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

process.chdir(path.join(path.dirname(fileURLToPath(import.meta.url)), ".."));

/** @type {esbuild.BuildOptions} */
const common = {
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  logLevel: "warning",
  external: ["vscode", "./client.js"],
};

fs.rmSync("dist", { recursive: true, force: true });
await esbuild.build({
  ...common,
  entryPoints: { extension: "src/extension.ts", client: "src/client.ts" },
  outdir: "dist",
  minify: true,
  legalComments: "linked",
});

if (process.argv.includes("--tests")) {
  fs.rmSync("build", { recursive: true, force: true });
  const unit = fs.readdirSync("test/unit").filter((name) => name.endsWith(".test.ts"));
  await esbuild.build({ ...common, entryPoints: unit.map((name) => `test/unit/${name}`), outdir: "build/unit", sourcemap: "inline" });
  await esbuild.build({ ...common, entryPoints: ["test/host/index.ts"], outdir: "build/host", sourcemap: "inline" });
}
