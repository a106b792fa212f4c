// @ts-check
/**
 * One person's path: the .vsix in a fresh profile, the walkthrough, the sample, the review, Accept, and the sample's tests pass.
 * Pictures are taken on the way.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { Editor, REPOSITORY } from "./editor.mjs";

const VSIX = path.join(REPOSITORY, "build", "patchwire.vsix");

export const THEMES = { light: "Default Light Modern", dark: "Default Dark Modern", contrast: "Default High Contrast" };

/**
 * Walk the path once, in one theme.
 * @param {import("./editor.mjs").Installed} installed
 * @param {keyof typeof THEMES} theme
 * @param {object} options
 * @param {string} options.images where the pictures go
 * @param {Record<string, string | undefined>} options.env
 */
export async function walk(installed, theme, { images, env }) {
  const editor = await Editor.start({
    installed,
    vsix: VSIX,
    env: { ...env, VIRTUAL_ENV: undefined },
    size: { width: 1280, height: 760 },
    settings: {
      "workbench.colorTheme": THEMES[theme],
      "window.autoDetectHighContrast": false,
      "security.workspace.trust.enabled": true,
      "workbench.secondarySideBar.defaultVisibility": "hidden",
    },
  });
  const { page } = editor;
  page.setDefaultTimeout(45_000);
  const picture = (/** @type {string} */ name) => page.screenshot({ path: path.join(images, `vscode-${name}-${theme}.png`) });
  try {
    await editor.openNothing();
    await page.locator(".part.statusbar .statusbar-item", { hasText: "Patchwire" }).waitFor();
    await command(page, "Patchwire: Get Started");
    await page.waitForSelector(".getting-started-category, .gettingStartedContainer .step-title");
    const tryIt = page.locator(".gettingStartedContainer .monaco-button", { hasText: "Try it offline" });
    await tryIt.waitFor();
    await page.waitForTimeout(1500); // its picture is drawn in a frame of its own
    await picture("walkthrough");
    await tryIt.click();

    await page.locator(".part.sidebar .monaco-button", { hasText: "Manage Workspace Trust" }).click();
    await page.locator(".workspace-trust-editor .monaco-button", { hasText: /^Trust$/ }).click();
    // Where there is no sandbox, the user is asked whether a private copy will do.
    const goOn = page.locator(".notification-list-item .monaco-button", { hasText: "Go on" });
    await row(page, /step \d/).first().or(goOn).first().waitFor();
    if (await goOn.isVisible()) {
      await goOn.click();
    }
    await row(page, /run the tests|read |list /).first().waitFor();
    await picture("running");

    const accept = page.locator(".codelens-decoration a", { hasText: "Accept" }).first();
    await accept.waitFor();
    await page.waitForTimeout(1000); // the diff's colours come after its text
    const samples = findSample(editor.home);
    assert.match(fs.readFileSync(path.join(samples, "till.py"), "utf8"), /100 \+ percent/, "changed before it was accepted");
    assert.notEqual(tests(samples).status, 0, "the sample's tests pass before they are mended");
    await picture("review");
    await accept.click();
    await page.locator(".codelens-decoration a", { hasText: "Accept" }).first().waitFor({ state: "detached" });
    await row(page, /till\.py/).first().waitFor();
    await page.waitForTimeout(500);
    await picture("accepted");
    assert.match(fs.readFileSync(path.join(samples, "till.py"), "utf8"), /100 - percent/, "Accept did not change the file");
    const after = tests(samples);
    assert.equal(after.status, 0, after.stdout);

    await command(page, "Patchwire: Set API Key");
    await page.waitForSelector(".quick-input-widget input[type=password]");
    await page.keyboard.type("sk-made-up-by-a-test");
    await page.keyboard.press("Enter");
    const stored = page.locator(".notification-list-item", { hasText: "The key is stored" });
    await stored.waitFor({ timeout: 8000 }).catch(async () => {
      await command(page, "Notifications: Show Notifications"); // newer ones do not show all of them by themselves
      await stored.waitFor();
    });

    // Wall time on whatever else this machine does; the unit tests bound the processor time.
    console.log(`  ok   one person's path, ${theme}; VS Code says that activation took ${await activation(page)} ms`);
  } catch (error) {
    await command(page, "Notifications: Show Notifications");
    await page.waitForTimeout(500);
    await page.screenshot({ path: path.join(images, `failed-${theme}.png`) });
    throw error;
  } finally {
    await editor.close();
  }
}

/**
 * @param {import("playwright-core").Page} page
 * @param {string} title
 */
async function command(page, title) {
  await page.keyboard.press("F1");
  const input = page.locator(".quick-input-widget input").first();
  await input.fill(`>${title}`);
  await page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first().waitFor();
  await page.keyboard.press("Enter");
}

/**
 * @param {import("playwright-core").Page} page
 * @param {RegExp} text
 */
function row(page, text) {
  return page.locator(".part.sidebar .monaco-list-row", { hasText: text });
}

/** What VS Code says of how long we kept it. */
async function activation(/** @type {import("playwright-core").Page} */ page) {
  await command(page, "Developer: Show Running Extensions");
  const ours = page.locator(".runtime-extensions-editor .monaco-list-row", { hasText: "Patchwire" }).first();
  await ours.waitFor();
  const [, milliseconds] = /Activation: (\d+)ms/.exec(await ours.innerText()) ?? [];
  assert.ok(milliseconds, "VS Code does not say how long the activation took");
  return Number(milliseconds);
}

function findSample(/** @type {string} */ home) {
  const all = fs.readdirSync(home, { recursive: true, encoding: "utf8" });
  const found = all.find((name) => /samples\/try-[^/]+\/till\/till\.py$/.test(name));
  assert.ok(found, "the sample was not laid out");
  return path.dirname(path.join(home, found));
}

function tests(/** @type {string} */ sample) {
  const python = path.join(sample, ".venv", "bin", "python");
  return spawnSync(python, ["-m", "pytest", "-q"], { cwd: sample, encoding: "utf8", timeout: 60_000 });
}
