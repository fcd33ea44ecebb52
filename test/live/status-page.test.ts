/** The status page in a real browser: all that can be shown, and hostile texts wherever a text of somebody else's is shown. Needs no Docker. */
import { mkdtempSync } from "node:fs";
import { rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { judged } from "../../ops/status/judge.ts";
import { renderPage } from "../../ops/status/page/page.ts";
import { brokenFacts, healthyFacts, hostile } from "../fixtures/status.ts";
import { Browser, type Page } from "./support/browser.ts";

/** Where a look at the pictures is possible after the run: `SLIPWAY_PICTURES=folder npm run test:live -- status`. */
const kept = process.env["SLIPWAY_PICTURES"];
const folder = kept ?? mkdtempSync(join(tmpdir(), "slipway-page-"));
let browser: Browser;

beforeAll(async () => {
  browser = await Browser.start();
});
afterAll(async () => {
  await browser.close();
  if (kept === undefined) await rm(folder, { recursive: true });
});

async function fileOf(name: "healthy" | "broken"): Promise<string> {
  const file = join(folder, `${name}.html`);
  await writeFile(file, renderPage(judged(name === "healthy" ? healthyFacts : brokenFacts)));
  return file;
}

const backgrounds = { light: "rgb(244, 246, 248)", dark: "rgb(14, 19, 24)" } as const;
const background = "getComputedStyle(document.body).backgroundColor";

/** WCAG's contrast of every text with what is behind it, the worst one. */
const worstContrast = `(() => {
  const parse = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (element) => {
    const color = parse(getComputedStyle(element).backgroundColor);
    return color.length < 4 || color[3] > 0 ? color : behind(element.parentElement);
  };
  const texts = [...document.body.querySelectorAll("*")].filter((element) => element.checkVisibility() &&
    [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== "") && !element.closest("script"));
  return Math.min(...texts.map((element) => {
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  }));
})()`;

/** How many pixels of each chart have the colour of a line. */
const drawn = `[...document.querySelectorAll("canvas")].map((canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let coloured = 0;
  for (let at = 0; at < data.length; at += 4)
    if (data[at + 3] > 200 && Math.max(data[at], data[at + 1], data[at + 2]) - Math.min(data[at], data[at + 1], data[at + 2]) > 60) coloured += 1;
  return coloured;
})`;

const looks = (["light", "dark"] as const).flatMap((scheme) => [1200, 390].map((width) => ({ scheme, width })));

describe.each(["healthy", "broken"] as const)("a %s stack", (name) => {
  it.each(looks)("is shown in $scheme on $width pixels", async (look) => {
    const file = await fileOf(name);
    const page = await browser.open(file, look);
    const picture = join(folder, `${name}-${look.scheme}-${look.width}.png`);
    await page.screenshot(picture);
    expect((await stat(picture)).size).toBeGreaterThan(50_000);
    expect(await page.ask(background)).toBe(backgrounds[look.scheme]);
    // Nothing is wider than the screen, everything can be read (WCAG AA), each chart has its lines.
    expect(await page.ask("document.documentElement.scrollWidth")).toBe(look.width);
    const contrast = Number(await page.ask(worstContrast));
    expect(contrast).toBeGreaterThanOrEqual(4.5);
    expect(contrast).toBeLessThanOrEqual(21);
    const lines = await page.ask(drawn);
    expect(lines).toHaveLength(4);
    for (const pixels of Array.isArray(lines) ? lines : []) expect(pixels).toBeGreaterThan(100);
    expectAlone(page, file);
  });
});

/** It asked nobody for anything, its policy refused nothing that it wanted, and no script but its own ran. */
function expectAlone(page: Page, file: string): void {
  expect(page.requests).toEqual([pathToFileURL(file).href]);
  expect(page.complaints).toEqual([]);
}

it("hostile texts are texts", async () => {
  const page = await browser.open(await fileOf("broken"), { width: 1200, scheme: "light" });
  expect(await page.ask("document.querySelectorAll('img, iframe, object, [onerror]').length")).toBe(0);
  expect(await page.ask("document.querySelectorAll('script').length")).toBe(3);
  expect(await page.ask("document.querySelector('pre').textContent")).toBe(hostile);
  expect(page.complaints).toEqual([]);
});

it("markup that got in would not run: the policy holds", async () => {
  const file = await fileOf("healthy");
  const page = await browser.open(file, { width: 1200, scheme: "light" });
  await page.ask("document.body.insertAdjacentHTML('beforeend', '<img src=\"data:,\" onerror=\"window.ran = true\">')");
  await page.ask(
    "(() => { const s = document.createElement('script'); s.textContent = 'window.ran = true'; document.body.append(s); })()",
  );
  expect(await page.ask("window.ran")).toBeUndefined();
  expect(page.complaints.join()).toContain("Content Security Policy");
});

it("a chart says the values under the pointer, and the hour's again without it", async () => {
  const page = await browser.open(await fileOf("healthy"), { width: 1200, scheme: "light" });
  const note = "document.querySelector('[data-note=latency]').textContent";
  const move = (type: string, x: number) =>
    `document.querySelector('#plot-latency .u-over').dispatchEvent(new MouseEvent('${type}', { bubbles: true, clientX: document.querySelector('#plot-latency .u-over').getBoundingClientRect().left + ${x}, clientY: document.querySelector('#plot-latency .u-over').getBoundingClientRect().top + 40 }))`;
  const before = await page.ask(note);
  await page.ask(move("mouseenter", 200));
  await page.ask(move("mousemove", 200));
  await page.eventually(`/^\\d\\d:\\d\\d: p50 \\d+ ms, p99 \\d+ ms$/.test(${note})`);
  await page.ask(move("mouseleave", -500));
  await page.eventually(`${note} === ${JSON.stringify(before)}`);
});

it("follows a change of the scheme without being loaded again", async () => {
  const page = await browser.open(await fileOf("healthy"), { width: 390, scheme: "light" });
  await page.scheme("dark");
  expect(await page.ask(background)).toBe(backgrounds.dark);
  await page.eventually("document.querySelectorAll('canvas').length === 4");
  expect(page.complaints).toEqual([]);
});
