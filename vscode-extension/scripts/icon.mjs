// @ts-check
/** Draws media/icon.png from media/icon.svg, by Chromium; run it when the drawing changes. */
import * as fs from "node:fs";
import * as path from "node:path";
import { chromium } from "playwright-core";
import { EXTENSION, findBrowser } from "../test/editor/editor.mjs";

const SIZE = 128;
const media = path.join(EXTENSION, "media");
const browser = await chromium.launch({ executablePath: findBrowser(), args: ["--no-sandbox", "--disable-gpu"] });
const page = await browser.newPage({ viewport: { width: SIZE, height: SIZE } });
const svg = fs.readFileSync(path.join(media, "icon.svg"), "utf8");
await page.setContent(`<style>body{margin:0}svg{display:block;width:${SIZE}px;height:${SIZE}px}</style>${svg}`);
await page.screenshot({ path: path.join(media, "icon.png"), omitBackground: true });
await browser.close();
