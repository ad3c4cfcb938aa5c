// The loop, told once by a browser: what the tour in the README shows.

import { shareCase } from './sharing.mjs';
import { check, enterAs, organisations, problems, refusedNothing, reloadUntil, visitor } from './stage.mjs';

/** Places in the demonstration's bar. */
const [HOSPITAL, OTHER_HOSPITAL, PREFECTURE, CEPTOAR, MINISTRY, COMPANY] = [0, 1, 2, 3, 4, 5];
/** Places of the people in it: the hospital's IT person and director; an office's officer and approver. */
const [IT, DIRECTOR] = [0, 1];
const [OFFICER, APPROVER] = [0, 1];

/** Findings after which the attack is plain to see. */
const FINDINGS = 4;

/** Plays the loop and takes the tour's pictures into `pictures`, when given. */
export async function story(browser, address, pictures) {
  const guest = await visitor(browser, address);
  const sites = await organisations(guest);
  await guest.context().close();
  const as = async (site, person) => {
    const page = await visitor(browser, sites[site]);
    await enterAs(page, person);
    return page;
  };
  const shot = (page, name) => pictures ? page.screenshot({ path: `${pictures}/${name}.ja.png` }) : undefined;

  const tanaka = await as(HOSPITAL, IT);
  await findAttack(tanaka);
  await tanaka.goto(`${sites[HOSPITAL]}/today`);
  await shot(tanaka, 'today');
  const caseAddress = await openSuspicion(tanaka, page => shot(page, 'finding'));
  await workOnCase(tanaka);
  await tanaka.goto(caseAddress);
  await shot(tanaka, 'case');
  const reportAddress = await draftReport(tanaka, caseAddress);

  const director = await as(HOSPITAL, DIRECTOR);
  await approve(director, reportAddress);
  await send(tanaka, reportAddress);
  await tanaka.goto(`${reportAddress}/letter`);
  await shot(tanaka, 'report');

  const ministry = await as(MINISTRY, OFFICER);
  await reloadUntil(ministry, `${sites[MINISTRY]}/reports`, 'main td a[href^="/reports/"]', 'the report did not reach the ministry');
  const draft = await writeWarning(ministry, sites[MINISTRY]);
  const approver = await as(MINISTRY, APPROVER);
  await release(approver, draft);
  for (const office of [PREFECTURE, CEPTOAR]) {
    const officer = await as(office, OFFICER);
    await relay(officer, sites[office]);
    await officer.context().close();
  }
  await tanaka.goto(`${sites[HOSPITAL]}/warnings`);
  await answer(tanaka, sites[HOSPITAL]);
  await expectAnswer(ministry, sites[MINISTRY]);
  await shot(ministry, 'coverage');

  const [other, company] = [await as(OTHER_HOSPITAL, IT), await as(COMPANY, IT)];
  const people = { officer: ministry, approver, director, victim: tanaka, reader: other, company };
  await shareCase(people, { ministry: sites[MINISTRY], hospital: sites[HOSPITAL], other: sites[OTHER_HOSPITAL], vendor: sites[COMPANY] });
  for (const page of [tanaka, director, ministry, approver, other, company]) await page.context().close();
}

async function findAttack(page) {
  const origin = new URL(page.url()).origin;
  await reloadUntil(page, `${origin}/findings`, `main a.title[href^="/findings/0"] >> nth=${FINDINGS - 1}`, 'the attack was not found');
}

async function openSuspicion(page, picture) {
  const origin = new URL(page.url()).origin;
  await page.goto(`${origin}/findings`);
  // The steps of the attack stay open while the page follows what is found.
  await page.locator('main details summary').first().click();
  await page.waitForTimeout(3_000);
  await page.locator('main details[open] ol a[href^="/findings/0"]').first().waitFor({ state: 'visible' });
  await page.locator('main a.title[href^="/findings/0"]').first().click();
  await check(page, 'finding');
  await picture(page);
  await page.locator('form[action$="/suspect"] button').click();
  await page.waitForURL('**/cases/*');
  return page.url().split(/[?#]/)[0];
}

async function workOnCase(page) {
  await page.locator('#calls button[value=answered], section button[value=answered]').first().click();
  await page.waitForLoadState();
  await page.locator('button[name=mark][value=done]').first().click();
  await page.waitForLoadState();
  await page.fill('#f-note', '02:10 電子カルテのサーバーで警告。当直に連絡した');
  await page.locator('form[action$="/note"] button').first().click();
  await page.waitForLoadState();
  await judge(page);
}

async function judge(page) {
  const questions = page.locator('form[action$="/judgement"]');
  if (await questions.count() === 0) return;
  await page.locator('#judgement summary').click();
  const names = await questions.locator('input[type=radio]').evaluateAll(all => [...new Set(all.map(one => one.name))]);
  for (const name of names) await questions.locator(`input[name="${name}"]`).first().check();
  await questions.locator('input[name$="why"], input[name$="reason"]').evaluateAll(all => all.forEach(one => { one.value = '調査中'; }));
  await questions.locator('button').last().click();
  await page.waitForLoadState();
  await refusedNothing(page, 'the judgement');
}

async function draftReport(page, caseAddress) {
  await page.goto(`${caseAddress}/reports/new`);
  await check(page, 'report start');
  const boxes = page.locator('input[name=addressee]');
  for (let n = 0; n < await boxes.count(); n += 1) await boxes.nth(n).check();
  await page.fill('#f-party-person', '田中 一郎');
  await page.fill('#f-party-phone', '06-0000-0000');
  await page.locator('main form button').first().click();
  await page.waitForLoadState();
  await refusedNothing(page, 'the draft');
  await check(page, 'report');
  return page.url().split(/[?#]/)[0];
}

async function approve(page, reportAddress) {
  await page.goto(reportAddress);
  await page.locator('form[action$="/approve"] button').click();
  await page.waitForLoadState();
  await refusedNothing(page, 'the approval');
}

async function send(page, reportAddress) {
  await page.goto(reportAddress);
  await page.locator('form[action$="/submit"] button').click();
  await page.waitForLoadState();
  await refusedNothing(page, 'the submission');
}

async function writeWarning(page, origin) {
  await page.goto(`${origin}/outbox/new`);
  await page.locator('main a[href$="template=blank"]').click();
  await page.locator('input[name=class][value=urgent]').check();
  await page.fill('#f-warning-title', 'VPN 装置を経由した侵入に関する注意喚起');
  await page.fill('#f-warning-body', '医療機関で保守用 VPN を経由した侵入が確認されました。接続元の制限と更新の状況を確認してください。');
  for (const [field, value] of [['warning-number', '事務連絡'], ['issuer', '厚生労働省医政局']]) {
    if (await page.inputValue(`#f-${field}`) === '') await page.fill(`#f-${field}`, value);
  }
  await page.locator('button[name=do][value=submit]').click();
  await page.waitForLoadState();
  await refusedNothing(page, 'the warning');
  return page.url().split(/[?#]/)[0];
}

async function release(page, address) {
  await page.goto(address);
  await page.locator('button[name=do][value=release]').click();
  await page.waitForLoadState();
  await refusedNothing(page, 'the release');
}

const TITLE = 'VPN 装置を経由';

async function relay(page, origin) {
  await reloadUntil(page, `${origin}/warnings`, `main a:has-text("${TITLE}")`, 'the warning did not reach the office');
  await page.locator(`main a:has-text("${TITLE}")`).first().click();
  await page.locator('main a[href$="/relay"]').click();
  await page.fill('#f-remark', '管内の医療機関は期限までに回答してください。');
  await page.locator('main form button').first().click();
  await page.waitForLoadState();
  await refusedNothing(page, 'the relay');
}

async function answer(page, origin) {
  await reloadUntil(page, `${origin}/warnings`, `main a:has-text("${TITLE}")`, 'the warning did not reach the hospital');
  const times = await page.locator(`main a:has-text("${TITLE}")`).count();
  if (times !== 1) problems.push(`${page.url()}: the warning is shown ${times} times`);
  await page.locator(`main a:has-text("${TITLE}")`).first().click();
  await check(page, 'warning');
  await page.locator('input[name=warning-answer]').first().check();
  await page.locator('button[name=do][value=answer]').click();
  await page.waitForLoadState();
  await refusedNothing(page, 'the answer');
}

async function expectAnswer(page, origin) {
  await page.goto(`${origin}/outbox`);
  await page.locator('main a[href^="/coverage/"]').first().click();
  await reloadUntil(page, page.url(), 'main tr:has-text("みどり病院"):has-text("田中")', 'the answer did not come back to the ministry');
  await check(page, 'coverage');
}
