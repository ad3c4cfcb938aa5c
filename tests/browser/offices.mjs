// The first evening of a hospital and its prefecture, each in a process of its own: set up through the wizard on a telephone,
// an authenticator app, a second officer, a code between the two, a warning that comes down and an answer that waits while the
// office is away, travels on a medium and by wire, and arrives once.
//
// usage: node offices.mjs SAKIMORI FOLDER [PICTURES]     the program, and an empty folder

import { spawn, spawnSync } from 'node:child_process';
import { createServer, createConnection } from 'node:net';

import { DESK, PHONE, check, digits, openBrowser, problems, reloadUntil, visitor } from './stage.mjs';

const PASSWORD = 'kumo-no-ue-no-shiroi-fune-2026';
const TITLE = '年末年始の長期休暇に向けた注意喚起';
const PATIENCE_MS = 60_000;

const [program, folder, pictures] = process.argv.slice(2);
if (!folder) {
  console.error('usage: node offices.mjs SAKIMORI FOLDER [PICTURES]');
  process.exit(2);
}

/** A port that is free now. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise(ready => server.once('listening', ready));
  const { port } = server.address();
  await new Promise(closed => server.close(closed));
  return port;
}

const children = [];
process.on('exit', () => children.forEach(child => child.kill('SIGKILL')));

/** Starts `up` and waits for its greeting. */
async function start(name, role, ports) {
  const child = spawn(program, ['up', '--role', role, '--data', `${folder}/${name}`, '--listen', `127.0.0.1:${ports[0]}`,
    '--syslog', `127.0.0.1:${ports[1]}`, '--syslog-tls', `127.0.0.1:${ports[2]}`],
  { env: { ...process.env, SAKIMORI_LANG: 'en' }, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  let said = '';
  child.stdout.on('data', part => { said += part; });
  for (const until = Date.now() + PATIENCE_MS; !said.includes('Ctrl-C');) {
    if (Date.now() > until || child.exitCode !== null) throw new Error(`${name} did not start: ${said}`);
    await new Promise(done => setTimeout(done, 100));
  }
  return { child, address: said.match(/screens\s+(\S+)/)[1], link: said.match(/set-up\s+(\S+)/)?.[1], syslog: ports[1] };
}

/** Runs a command to its end. */
function run(...words) {
  const ended = spawnSync(program, words, { env: { ...process.env, SAKIMORI_LANG: 'en' }, encoding: 'utf8' });
  if (ended.status !== 0) throw new Error(`${words.join(' ')}: ${ended.stderr}`);
  console.log(`${words.slice(0, 2).join(' ')}: ${ended.stderr.trim()}`);
}

async function stop({ child }) {
  const ended = new Promise(done => child.once('exit', done));
  child.kill('SIGINT');
  const code = await ended;
  if (code !== 0) throw new Error(`Ctrl-C ended with ${code}`);
}

/** Name, password, authenticator, paper codes; the page that follows is the one the account leads to. */
async function makeAccount(page, name, signInName, label) {
  await page.fill('#f-display-name', name);
  await page.fill('#f-sign-in-name', signInName);
  await page.fill('#f-new-password', 'short');
  await press(page);
  if (await page.locator('#problems').count() === 0) problems.push(`${label}: a password of five letters was taken`);
  await check(page, `${label} account refused`);
  await page.fill('#f-new-password', PASSWORD);
  await press(page);
  await check(page, `${label} code`);
  const secret = await page.locator('main code').first().innerText();
  await page.fill('#f-code', '000000');
  await press(page);
  if (await page.locator('#problems').count() === 0) problems.push(`${label}: a wrong code was taken`);
  await page.fill('#f-code', digits(secret));
  await press(page);
  await check(page, `${label} paper`);
  await page.locator('main .actions a.button').click();
  await page.waitForLoadState();
  return secret;
}

async function press(page) {
  await page.locator('main form button').last().click();
  await page.waitForLoadState();
}

/** The wizard to its end, as somebody with a telephone in hand. */
async function setUp(browser, site, fill, who, viewport) {
  const page = await visitor(browser, site.link, { viewport });
  await check(page, 'setup language');
  await page.locator('button[name=lang][value=ja]').first().click();
  await page.waitForURL('**/setup/profile*');
  await press(page);
  await check(page, 'setup profile refused');
  await fill(page);
  await press(page);
  await makeAccount(page, who.name, who.signIn, `setup ${viewport.width}`);
  const again = await visitor(browser, site.link);
  if (!(await again.locator('main').innerText()).includes('SK-IDENTITY-')) problems.push('the set-up link worked twice');
  await again.context().close();
  return page;
}

const browser = await openBrowser();
try {
  const ports = await Promise.all(Array.from({ length: 6 }, freePort));
  let hub = await start('prefecture', 'hub', ports.slice(0, 3));
  const node = await start('hospital', 'node', ports.slice(3));

  // The prefecture's officer, at a desk.
  const officer = await setUp(browser, hub, async page => {
    await page.selectOption('#f-office-kind', 'prefecture');
    await page.fill('#f-org-name', '見本県 健康福祉部');
    await page.selectOption('#f-prefecture', { index: 1 });
  }, { name: '見本 一郎', signIn: 'ichiro' }, DESK);
  await officer.goto(`${hub.address}/people/invite`);
  await officer.fill('#f-display-name', '見本 二郎');
  await officer.locator('input[name=roles][value=approver]').check();
  await press(officer);
  await check(officer, 'invitation link');
  const invitation = await officer.locator('#link a').getAttribute('href');
  const approver = await visitor(browser, `${hub.address}${invitation}`);
  await makeAccount(approver, '見本 二郎', 'jiro', 'invitation');

  // The hospital's IT person, on a telephone; the first log source speaks while the wizard waits for it.
  const tanaka = await setUp(browser, node, async page => {
    await page.fill('#f-org-name', 'みほん病院');
    await page.fill('#f-beds', '１５０');
    await page.selectOption('#f-prefecture', { index: 1 });
    await page.selectOption('#f-founder', 'medical-corporation');
    await page.fill('#vendor-name-1', '見本電子カルテ株式会社');
    await page.fill('#vendor-phone-1', '03-0000-0001');
  }, { name: '田中', signIn: 'tanaka' }, PHONE);
  await check(tanaka, 'connect');
  createConnection(node.syslog, '127.0.0.1').end('<134>Nov 21 10:00:00 fw01 kernel: first line of the hospital\n');
  await tanaka.waitForFunction(() => document.querySelector('#arrived ul li'), undefined, { timeout: PATIENCE_MS });
  await check(tanaka, 'connect received');

  // A short code between the two.
  await officer.goto(`${hub.address}/neighbours`);
  await officer.fill('#f-invite-note', 'みほん病院');
  await press(officer);
  const code = await officer.locator('#code code').innerText();
  await check(officer, 'code');
  await tanaka.goto(`${node.address}/settings/link`);
  await tanaka.fill('#f-hub-address', hub.address);
  await tanaka.fill('#f-hub-code', 'AAAA-BBBB-CCCC-DDDD');
  await press(tanaka);
  if (!/SK-FEDERATION-|#problems/.test(await tanaka.locator('main').innerText()) && await tanaka.locator('#problems').count() === 0) problems.push('a wrong code was taken');
  await tanaka.goto(`${node.address}/settings/link`);
  await tanaka.fill('#f-hub-address', hub.address);
  await tanaka.fill('#f-hub-code', code);
  await press(tanaka);
  await check(tanaka, 'joined');

  // A warning comes down.
  await officer.goto(`${hub.address}/outbox/new`);
  await check(officer, 'templates');
  await officer.locator('main a[href$="template=blank"]').click();
  await officer.locator('input[name=class][value=urgent]').check();
  for (const [field, value] of [['warning-title', TITLE], ['warning-body', '休暇中の連絡体制とバックアップを確認してください。'],
    ['warning-number', '事務連絡'], ['issuer', '見本県 健康福祉部']]) await officer.fill(`#f-${field}`, value);
  await officer.locator('button[name=do][value=submit]').click();
  await officer.waitForLoadState();
  const draft = officer.url().split(/[?#]/)[0];
  await approver.goto(draft);
  await approver.locator('button[name=do][value=release]').click();
  await approver.waitForLoadState();
  const shown = `main a:has-text("${TITLE}")`;
  await reloadUntil(tanaka, `${node.address}/warnings`, shown, 'the warning did not reach the hospital');
  const rows = await tanaka.locator(shown).count();
  if (rows !== 1) problems.push(`the warning is shown ${rows} times`);

  // The office is away; the answer waits, and arrives once.
  for (const page of [officer, approver]) await page.goto('about:blank');
  await stop(hub);
  await tanaka.locator(`main a:has-text("${TITLE}")`).first().click();
  await check(tanaka, 'warning on a telephone');
  await tanaka.locator('input[name=warning-answer]').first().check();
  await tanaka.locator('button[name=do][value=answer]').click();
  await tanaka.waitForLoadState();
  await tanaka.waitForTimeout(3_000);
  // The answer goes to the office on a medium, read twice, and once more by wire when the office is back.
  const medium = `${folder}/answer.bundle`;
  run('bundle', 'write', medium, '--data', `${folder}/hospital`);
  for (let n = 0; n < 2; n += 1) run('bundle', 'read', medium, '--data', `${folder}/prefecture`);
  hub = await start('prefecture', 'hub', ports.slice(0, 3));
  if (hub.link) problems.push('the office forgot that it is set up');
  await officer.goto(`${hub.address}/outbox`);
  await officer.locator('main a[href^="/coverage/"]').first().click();
  await officer.waitForLoadState();
  await reloadUntil(officer, officer.url(), 'main:has-text("田中")', 'the answer did not come back after the office was away');
  const times = (await officer.locator('main').innerText()).split('田中').length - 1;
  if (times !== 1) problems.push(`the answer is shown ${times} times`);
  await check(officer, 'coverage');
  await stop(node);
  await stop(hub);
} catch (error) {
  for (const page of browser.contexts().flatMap(context => context.pages())) {
    console.log(`${page.url()}\n${(await page.locator('main').innerText()).slice(0, 1_500)}\n`);
  }
  throw error;
}
await browser.close();
console.log(`${problems.length} problems`);
for (const problem of problems) console.log(`- ${problem}`);
process.exit(problems.length > 0 ? 1 : 0);
