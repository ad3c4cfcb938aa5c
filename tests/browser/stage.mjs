// A real browser on the demonstration: entering as its people, checking what every page must be, taking pictures.

import { createHmac } from 'node:crypto';

import AxeBuilder from '@axe-core/playwright';
import { chromium } from 'playwright-core';

const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

export const DESK = { width: 1366, height: 768 };
export const PHONE = { width: 360, height: 740 };

const PATIENCE_MS = 90_000;

export const problems = [];

export async function openBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGUMENTS });
}

/** A visitor of one organisation: a browser context of its own, in one language and size. */
export async function visitor(browser, address, { lang = 'ja', viewport = DESK } = {}) {
  const page = await window(browser, { lang, viewport });
  await page.goto(address);
  await setLanguage(page, lang);
  return page;
}

/** An empty window of a browser that prefers one language; what goes wrong in it is a problem. */
export async function window(browser, { lang, viewport = DESK }) {
  const context = await browser.newContext({ locale: lang === 'ja' ? 'ja-JP' : 'en-GB', viewport });
  const page = await context.newPage();
  page.on('pageerror', error => problems.push(`${page.url()}: script error: ${error}`));
  page.on('console', message => {
    // A refused form answers 4xx on purpose, and the browser writes that to its console.
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) {
      problems.push(`${page.url()}: console: ${message.text()}`);
    }
  });
  return page;
}

async function setLanguage(page, lang) {
  if (await page.getAttribute('html', 'lang') !== lang) {
    await page.click(`button[name=lang][value=${lang}]`);
  }
}

/** Enters as the person at that place of the demonstration's bar. */
export async function enterAs(page, place) {
  await page.locator('aside.demo-bar summary').click();
  await page.locator('aside.demo-bar button[name=person]').nth(place).click();
  await page.waitForURL('**/today');
}

/** The addresses of all organisations, in the order of the bar. */
export async function organisations(page) {
  return page.locator('aside.demo-bar li').evaluateAll(items => items.map(item => new URL(item.querySelector('a')?.href ?? location.href).origin));
}

/** Opens `address` again and again until `selector` is on it. */
export async function reloadUntil(page, address, selector, complaint) {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    await page.goto(address);
    if (await page.locator(selector).count() > 0) return;
    if (Date.now() > until) throw new Error(complaint);
    await page.waitForTimeout(1_000);
  }
}

/** A form that was refused shows its problems; a trouble page shows its code. */
export async function refusedNothing(page, what) {
  if (await page.locator('#problems').count() > 0) {
    throw new Error(`${what} was refused: ${await page.locator('#problems').innerText()}`);
  }
  const text = await page.locator('main').innerText();
  const code = text.match(/SK-[A-Z]+-\d{3}/);
  if (code) throw new Error(`${what} ended in ${code[0]}: ${text.slice(0, 400)}`);
}

/** Checks the page that is open: accessibility, no sideways scrolling, the whole menu within reach, no column one letter wide. */
export async function check(page, label) {
  const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  for (const violation of violations) {
    const nodes = violation.nodes.slice(0, 3).map(node => `${node.target.join(' ')} ${node.failureSummary}`).join(' | ');
    problems.push(`${label} ${page.url()}: ${violation.id}: ${violation.help}: ${nodes}`);
  }
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 1) {
    problems.push(`${label} ${page.url()}: ${wide} px too wide`);
  }
  for (const fault of await page.evaluate(unreadable)) problems.push(`${label} ${page.url()}: ${fault}`);
}

/** What a person could not read or reach although it is on the page; runs in the page. */
function unreadable() {
  const faults = [];
  const more = document.querySelector('nav.menu details');
  if (more) {
    const wasOpen = more.open;
    more.open = true;
    const box = more.querySelector('ul').getBoundingClientRect();
    if (box.left < 0 || box.right > document.documentElement.clientWidth) faults.push('the list behind "more" leaves the screen');
    more.open = wasOpen;
  }
  for (const element of document.querySelectorAll('main *')) {
    const words = [...element.childNodes].filter(node => node.nodeType === Node.TEXT_NODE).map(node => node.textContent.trim()).join('');
    const { width, height } = element.getBoundingClientRect();
    const letter = parseFloat(getComputedStyle(element).fontSize);
    if (words.length > 2 && width > 1 && width < 2.5 * letter && height > 4 * letter) faults.push(`one letter a line: ${words.slice(0, 20)}`);
  }
  return faults;
}

/** A link that hands out a file is no page; anything else that goes wrong is. */
function isDownload(error) {
  if (String(error).includes('Download is starting')) return null;
  throw error;
}

/** Every page that can be reached by links from where the visitor stands, at most `most`, one of each kind of address. */
export async function crawl(page, most, each) {
  const origin = new URL(page.url()).origin;
  const waiting = [page.url()];
  const seen = new Set();
  let visited = 0;
  while (waiting.length > 0 && visited < most) {
    const address = waiting.shift();
    const kind = kindOf(address);
    if (seen.has(kind)) continue;
    seen.add(kind);
    const response = await page.goto(address).catch(isDownload);
    const type = response?.headers()['content-type'] ?? '';
    if (!type.startsWith('text/html')) continue;
    if (response.status() >= 400) problems.push(`${address}: a link leads to status ${response.status()}`);
    visited += 1;
    await each(page);
    const links = await page.locator('a[href]').evaluateAll(all => all.filter(a => !a.download).map(a => a.href.split('#')[0]));
    waiting.push(...links.filter(link => link.startsWith(origin) && !/\.(pem|csv|json)(\?|$)/.test(link)));
  }
  return visited;
}

/** Addresses that differ only in ids or the query are one kind of page. */
function kindOf(address) {
  return new URL(address).pathname.replace(/[0-9a-f]{8}-[0-9a-f-]{27,}/g, ':id');
}

/** The six digits an authenticator app shows (RFC 6238: SHA-1, 30 s). */
export function digits(secret) {
  const bits = [...secret.replace(/[\s=]/g, '')].map(letter => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map(byte => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac('sha1', key).update(step).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
