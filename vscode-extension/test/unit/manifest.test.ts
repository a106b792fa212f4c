import assert from "node:assert/strict";
import * as fs from "node:fs";
import { test } from "node:test";

interface Manifest {
  contributes: {
    commands: { command: string; title: string; icon?: string }[];
    keybindings: { command: string; key: string }[];
    menus: Record<string, { command?: string; submenu?: string }[]>;
    configuration: { properties: Record<string, { markdownDescription?: string; default?: unknown; type?: unknown }> };
  };
  capabilities: { untrustedWorkspaces: { restrictedConfigurations: string[] } };
}

const manifest = JSON.parse(fs.readFileSync("package.json", "utf8")) as Manifest;
const { commands, keybindings, menus, configuration } = manifest.contributes;
const settings = Object.keys(configuration.properties).map((name) => name.replace("patchwire.", ""));
const ids = new Set(commands.map(({ command }) => command));

/** The first column of the tables in a page's section. */
function named(page: string, from: string, to: string): string[] {
  const text = fs.readFileSync(page, "utf8");
  const section = text.slice(text.indexOf(from), text.indexOf(to));
  const cells = [...section.matchAll(/^\| (`[^|]*) \|/gm)].map((match) => match[1] ?? "");
  return cells.flatMap((cell) => [...cell.matchAll(/`([A-Za-z.]+)`/g)].map((match) => match[1] ?? ""));
}

test("every setting of the server's can be set here, and what the client itself says cannot", () => {
  const own = ["trusted", "events", "canAsk", "canSave"];
  const servers = named("../docs/lsp.md", "## Settings", "## Commands").filter((name) => !own.includes(name));
  assert.ok(servers.length > 12, servers.join());
  assert.deepEqual(servers.filter((name) => !settings.includes(name)), []);
  assert.deepEqual(settings.filter((name) => own.includes(name)), []);
});

test("every setting has a type, a default and a description", () => {
  for (const [name, schema] of Object.entries(configuration.properties)) {
    assert.ok(schema.type && schema.default !== undefined && schema.markdownDescription, name);
  }
});

test("menus and key bindings call commands that there are", () => {
  const called = [...keybindings, ...Object.values(menus).flat()].flatMap((it) => it.command ?? []);
  assert.deepEqual(called.filter((id) => !ids.has(id)), []);
  assert.equal(new Set(keybindings.map(({ key }) => key)).size, keybindings.length, "a key is bound twice");
});

test("no command of ours is one of the server's, which the language client registers by itself", () => {
  const servers = named("../docs/lsp.md", "## Commands", "### Outcomes").filter((name) => name.startsWith("patchwire."));
  assert.ok(servers.includes("patchwire.fixTests"));
  assert.deepEqual(servers.filter((id) => ids.has(id)), []);
});

test("what a folder's settings could have run is not read before the folder is trusted", () => {
  assert.ok(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations.includes("patchwire.testCommand"));
});
