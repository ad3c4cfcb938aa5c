// Plays a tutorial exactly as it is written: its blocks are run by a shell, its steps on screens by a browser. Whatever is neither
// prose nor one of the forms below is a failure, so the text a person reads cannot drift from what was tried.
//
// usage: node tutorial.mjs SAKIMORI TUTORIAL FOLDER [PICTURES]     the program, the text (….ja.md is Japanese), an empty folder
//
//   ```sh              runs in the folder to its end
//   ```sh NAME         is started in a terminal of that name and stays; goes on once it says how to stop it
//   ```text            is what the last shell block printed, in this order; … stands for anything
//   - a step           on the screen that the line before the list names, in the words of STEPS

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, resolve } from 'node:path';

import { DESK, PHONE, check, digits, openBrowser, problems, window } from './stage.mjs';

const PATIENCE_MS = 60_000;
const [program, text, folder, pictures] = process.argv.slice(2);
if (!folder) {
  console.error('usage: node tutorial.mjs SAKIMORI TUTORIAL FOLDER [PICTURES]');
  process.exit(2);
}
const lang = text.endsWith('.ja.md') ? 'ja' : 'en';

/** The line above a list of steps. */
const SCREEN = { en: /^On the screen of \*\*(.+)\*\*:$/, ja: /^\*\*(.+)\*\*の画面で:$/ }[lang];

/** What a step may say, and what it does with the words in it. */
const STEPS = {
  en: [
    [/^Open (https?:\S+)\.$/, open],
    [/^Open the set-up link that the terminal “(.+)” shows\.$/, openSetup],
    [/^Open ([A-Z]+)\.$/, openKept],
    [/^Press “(.+)”\.$/, press],
    [/^Fill “(.+)” with “(.+)”\.$/, fill],
    [/^Fill “(.+)” with ([A-Z]+)\.$/, fillKept],
    [/^Fill “(.+)” with the six digits of the authenticator app\.$/, fillDigits],
    [/^Choose “(.+)” in “(.+)”\.$/, (page, option, label) => choose(page, label, option)],
    [/^Choose the file (\S+) for “(.+)”\.$/, (page, name, label) => attach(page, label, name)],
    [/^Tick “(.+)”\.$/, tick],
    [/^Keep what stands under “(.+)” as ([A-Z]+)\.$/, keep],
    [/^Wait until the page shows “(.+)”\.$/, waitFor],
    [/^See that “(.+)” stands there once\.$/, seeOnce],
  ],
  ja: [
    [/^(https?:\S+) を開く。$/, open],
    [/^端末「(.+)」に出た初回設定のリンクを開く。$/, openSetup],
    [/^([A-Z]+) を開く。$/, openKept],
    [/^「(.+)」を押す。$/, press],
    [/^「(.+)」に「(.+)」と入力する。$/, fill],
    [/^「(.+)」に ([A-Z]+) を入力する。$/, fillKept],
    [/^「(.+)」に認証アプリの6桁の数字を入力する。$/, fillDigits],
    [/^「(.+)」で「(.+)」を選ぶ。$/, choose],
    [/^「(.+)」に (\S+) を選ぶ。$/, attach],
    [/^「(.+)」に印を付ける。$/, tick],
    [/^「(.+)」の下に出たものを ([A-Z]+) として控える。$/, keep],
    [/^画面に「(.+)」と出るまで待つ。$/, waitFor],
    [/^「(.+)」が一度だけ出ていることを確かめる。$/, seeOnce],
  ],
}[lang];

const kept = {};
const terminals = new Map();
const screens = new Map();
let browser;
process.on('exit', () => terminals.forEach(terminal => terminal.child.kill('SIGKILL')));

// ---- The text

/** The parts of the text that are to be done, each with its line. */
function read(markdown) {
  const parts = [];
  let screen = null;
  let block = null;
  markdown.split('\n').forEach((line, index) => {
    const at = `${basename(text)}:${index + 1}`;
    const fence = line.match(/^```(.*)$/);
    if (block && fence) {
      parts.push(block);
      block = null;
    } else if (block) {
      block.lines.push(line);
    } else if (fence) {
      block = { at, info: fence[1], lines: [] };
    } else if (/^\s*([-*+]|\d+\.)\s/.test(line)) {
      parts.push({ at, screen, step: line.replace(/^- /, '') });
    } else if (line.trim() !== '') {
      screen = line.match(SCREEN)?.[1] ?? null;
    }
  });
  if (block) throw new Error(`${block.at}: a block without an end`);
  return parts;
}

/** The text with every port of this machine replaced by one that is free now. */
async function withFreePorts(markdown) {
  const ports = [...new Set([...markdown.matchAll(/127\.0\.0\.1:(\d+)/g)].map(found => found[1]))];
  const servers = await Promise.all(ports.map(() => new Promise(ready => {
    const server = createServer().listen(0, '127.0.0.1', () => ready(server));
  })));
  const free = servers.map(server => server.address().port);
  await Promise.all(servers.map(server => new Promise(closed => server.close(closed))));
  return markdown.replace(/127\.0\.0\.1:(\d+)/g, (_, port) => `127.0.0.1:${free[ports.indexOf(port)]}`);
}

// ---- Shell

const environment = () => ({ ...process.env, ...kept, SAKIMORI_LANG: lang, PATH: `${folder}/bin:${process.env.PATH}` });

/** Nobody looks at a screen while the block runs: a page that follows a process which is killed would complain. */
async function lookAway() {
  for (const page of screens.values()) await page.goto('about:blank');
}

/** Runs a block to its end and returns what it printed. */
function runBlock(script) {
  const ended = spawnSync('bash', ['-euo', 'pipefail', '-c', `exec 2>&1\n${script}`],
    { cwd: folder, env: environment(), encoding: 'utf8', timeout: PATIENCE_MS });
  if (ended.status !== 0) throw new Error(`ended with ${ended.status}: ${script}\n${ended.stdout}`);
  return ended.stdout;
}

/** Starts what stays, and waits until it says how to stop it. */
async function startIn(name, script) {
  const before = terminals.get(name);
  if (before) await ended(name, before.child);
  const child = spawn('bash', ['-c', `exec ${script}`], { cwd: folder, env: environment(), stdio: ['ignore', 'pipe', 'inherit'] });
  const terminal = { child, said: '' };
  terminals.set(name, terminal);
  child.stdout.on('data', part => { terminal.said += part; });
  for (const until = Date.now() + PATIENCE_MS; !terminal.said.includes('Ctrl-C');) {
    if (Date.now() > until || child.exitCode !== null) throw new Error(`${name} did not start: ${terminal.said}`);
    await new Promise(done => setTimeout(done, 50));
  }
}

/** Waits until what ran in a terminal has ended. */
async function ended(name, child) {
  for (const until = Date.now() + 5_000; child.exitCode === null && child.signalCode === null;) {
    if (Date.now() > until) throw new Error(`something still runs in ${name}`);
    await new Promise(done => setTimeout(done, 50));
  }
}

/** Whether every expected line is in what was printed, in order. */
function compare(expected, printed) {
  let from = 0;
  for (const line of expected.filter(line => line.trim() !== '')) {
    const words = line.trim().split(/ ?… ?/).map(word => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    const found = printed.slice(from).match(new RegExp(words.join('.*')));
    if (!found) throw new Error(`not printed: ${line}\n--- but\n${printed}`);
    from += found.index + found[0].length;
  }
}

// ---- Screens

async function screenOf(name) {
  if (!screens.has(name)) screens.set(name, await window(browser, { lang }));
  return screens.get(name);
}

async function open(page, address) {
  await page.goto(address);
}

async function openSetup(page, terminal) {
  await page.goto(terminals.get(terminal).said.match(/https?:\S*setup\S*/)[0]);
}

async function openKept(page, name) {
  await page.goto(kept[name]);
}

/** The first of the locators that finds something visible. */
async function first(what, locators) {
  for (const until = Date.now() + 5_000; Date.now() < until;) {
    for (const locator of locators) {
      const visible = locator.filter({ visible: true });
      if (await visible.count() > 0) return visible.first();
    }
    await new Promise(done => setTimeout(done, 50));
  }
  throw new Error(`not there: ${what}`);
}

async function press(page, name) {
  const all = [true, false].flatMap(exact => ['button', 'link'].map(role => page.locator('main').getByRole(role, { name, exact })));
  await (await first(name, all)).click();
  await page.waitForLoadState();
  if (await page.locator('#problems').count() > 0) throw new Error(`refused: ${await page.locator('#problems').innerText()}`);
}

/** A field by its label. Labels may have a mark behind them. */
async function field(page, label) {
  return first(label, [true, false].map(exact => page.locator('main').getByLabel(label, { exact })));
}

async function fill(page, label, value) {
  await (await field(page, label)).fill(value);
}

async function fillKept(page, label, name) {
  if (!(name in kept)) throw new Error(`${name} was not kept`);
  await fill(page, label, kept[name]);
}

async function fillDigits(page, label) {
  await fill(page, label, digits(await page.locator('main code').first().innerText()));
}

async function choose(page, label, option) {
  await (await field(page, label)).selectOption({ label: option });
}

async function attach(page, label, name) {
  await (await field(page, label)).setInputFiles(`${folder}/${name}`);
}

async function tick(page, label) {
  await (await field(page, label)).check();
}

async function keep(page, heading, name) {
  const section = page.locator('main section, main').filter({ has: page.getByRole('heading', { name: heading, exact: true }) }).last();
  const found = section.locator('code, pre a').first();
  kept[name] = await found.evaluate(one => one.href ?? one.innerText);
}

async function waitFor(page, words) {
  for (const until = Date.now() + PATIENCE_MS; !(await page.locator('main').innerText()).includes(words);) {
    if (Date.now() > until) throw new Error(`never shown: ${words}`);
    await page.waitForTimeout(500);
    await page.reload();
  }
}

async function seeOnce(page, words) {
  const times = (await page.locator('main').innerText()).split(words).length - 1;
  if (times !== 1) throw new Error(`shown ${times} times: ${words}`);
}

async function doStep({ at, screen, step }) {
  if (!screen) throw new Error(`a step without a screen: ${step}`);
  const found = STEPS.map(([words, act]) => [step.match(words), act]).find(([match]) => match);
  if (!found) throw new Error(`not a step: ${step}`);
  const page = await screenOf(screen);
  await found[1](page, ...found[0].slice(1));
  if (page.url().startsWith('http')) await looked(page, at);
}

const seen = new Set();

/** Every kind of page is checked once in each state its headings tell, as on a desk; pictured, and as on a telephone, when asked for. */
async function looked(page, at) {
  const { pathname } = new URL(page.url());
  const headings = await page.locator('main :is(h1, h2)').allInnerTexts();
  const kind = `${pathname.replace(/[0-9a-f]{8}-[0-9a-f-]{27,}/g, ':id')} ${headings}`;
  if (seen.has(kind)) return;
  seen.add(kind);
  await check(page, at);
  if (!pictures) return;
  const name = `${pictures}/${String(seen.size).padStart(2, '0')}`;
  await page.screenshot({ path: `${name}-desk.${lang}.png`, fullPage: true });
  await page.setViewportSize({ ...PHONE, width: 390 });
  await check(page, `${at} 390`);
  await page.screenshot({ path: `${name}-phone.${lang}.png`, fullPage: true });
  await page.setViewportSize(DESK);
}

// ---- The whole

async function play(parts) {
  let printed = '';
  for (const part of parts) {
    const [kind, name] = (part.info ?? '').split(' ');
    try {
      if (part.step) await doStep(part);
      else if (kind === 'sh' && name) await startIn(name, part.lines.join('\n'));
      else if (kind === 'sh') {
        await lookAway();
        printed = runBlock(part.lines.join('\n'));
      }
      else if (kind === 'text') compare(part.lines, printed);
      else throw new Error(`a block of no known kind: ${part.info}`);
    } catch (error) {
      throw new Error(`${part.at}: ${error.message}`, { cause: error });
    }
  }
}

mkdirSync(`${folder}/bin`, { recursive: true });
symlinkSync(resolve(program), `${folder}/bin/sakimori`);
if (pictures) mkdirSync(pictures, { recursive: true });
const parts = read(await withFreePorts(readFileSync(text, 'utf8')));
const began = Date.now();
browser = await openBrowser();
try {
  await play(parts);
} catch (error) {
  console.log(`${error.message}\n`);
  for (const [name, page] of screens) console.log(`== ${name} ${page.url()}\n${(await page.locator('body').innerText()).slice(0, 1_200)}\n`);
  problems.push(error.message);
}
await browser.close();
console.log(`${parts.length} steps and blocks in ${Math.round((Date.now() - began) / 1_000)} s, ${problems.length} problems`);
for (const problem of problems) console.log(`- ${problem}`);
process.exit(problems.length > 0 ? 1 : 0);
