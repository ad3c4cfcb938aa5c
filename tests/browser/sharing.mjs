// What one hospital learnt protects the others: the ministry tells its case without naming it, the hospital agrees, another officer
// releases it, and who reads it looks back for the attackers and answers without a name. At the end it is withdrawn.

import { check, problems, reloadUntil, refusedNothing } from './stage.mjs';

const TITLE = '保守用 VPN からの侵入と電子カルテの停止';
/** The address the attack of the demonstration comes from. */
const ATTACKER = '203.0.113.77';
/** As a page shows it, so that nobody opens it by a slip. */
const SHOWN = ATTACKER.replaceAll('.', '[.]');

/** Plays it; `pages` are the people at their screens, `sites` the addresses of their organisations. */
export async function shareCase({ officer, approver, director, victim, reader, company }, { ministry, hospital, other, vendor }) {
  const address = await write(officer, ministry);
  await consent(director, hospital);
  await reloadUntil(officer, address, 'button[name=do][value=submit]', 'the consent did not come back');
  await officer.locator('button[name=do][value=submit]').click();
  await officer.waitForLoadState();
  await refusedNothing(officer, 'the submission of the case');
  await approver.goto(address);
  await check(approver, 'case before release');
  await approver.locator('button[name=do][value=release]').click();
  await approver.waitForLoadState();
  await refusedNothing(approver, 'the release of the case');
  const read = await readAt(reader, other);
  await readAt(company, vendor);
  await lookBack(reader, read);
  await lookBack(victim, await readAt(victim, hospital));
  await reloadUntil(officer, address, `main section:has-text("調べて返した機関: 2") tr:has-text("${SHOWN}")`, 'what was seen did not come back to the ministry');
  await check(officer, 'case after release');
  await withdraw(approver, address);
  await reloadUntil(reader, read, 'main .notice.bad', 'the withdrawal did not reach the other hospital');
  await check(reader, 'withdrawn case');
  const left = await reader.locator('main').innerText();
  if (left.includes(SHOWN)) problems.push(`${read}: a withdrawn case still tells ${SHOWN}`);
}

async function write(page, origin) {
  await page.goto(`${origin}/sharing`);
  await page.locator('main form[action="/sharing"] button').click();
  await page.waitForLoadState();
  await refusedNothing(page, 'the beginning of the case');
  await page.fill('#f-share-title', TITLE);
  await page.fill('#f-share-course', '保守会社の遠隔接続から侵入され、管理者の権限を奪われ、夜間に複数の端末が暗号化された。');
  await page.fill('#f-share-lesson', '遠隔接続は作業の時間だけ開け、管理者の資格情報を端末に残さない。');
  await page.fill('#f-share-indicators', `${ATTACKER}, 保守用 VPN への接続元, T1133`);
  await page.check('#f-share-urgent');
  await page.fill('#f-share-urgent-because', '同じ経路を使う病院が多い');
  await page.locator('button[name=do][value=save]').click();
  await page.waitForLoadState();
  await refusedNothing(page, 'the case');
  await check(page, 'case');
  for (const word of await page.locator('input[name=share-reviewed]').all()) await word.check();
  await page.locator('button[name=do][value=ask]').click();
  await page.waitForLoadState();
  await refusedNothing(page, 'asking the victim');
  const leaves = await page.locator('article.document').innerText();
  for (const name of ['みどり', '大阪', '田中', '架空メディカル']) {
    if (leaves.includes(name)) problems.push(`${page.url()}: the case tells ${name}`);
  }
  if (!leaves.includes('電子カルテの停止')) problems.push(`${page.url()}: what was stopped is not told`);
  return page.url().split(/[?#]/)[0];
}

async function consent(page, origin) {
  const request = 'main a.title[href^="/sharing-consent/"]';
  await reloadUntil(page, `${origin}/sharing-consent`, request, 'the hospital was not asked');
  await page.locator(request).first().click();
  await check(page, 'consent');
  await page.locator('input[name=share-answer]').first().check();
  await page.locator('main form button').last().click();
  await page.waitForLoadState();
  await refusedNothing(page, 'the consent');
}

/** Opens the case where it arrived; returns its address. */
async function readAt(page, origin) {
  const link = `main a[href^="/shared/"]:has-text("${TITLE}")`;
  await reloadUntil(page, `${origin}/shared`, link, `the case did not reach ${origin}`);
  await page.locator(link).first().click();
  await page.waitForLoadState();
  await check(page, 'shared case');
  return page.url().split(/[?#]/)[0];
}

async function lookBack(page, address) {
  await page.locator('button[name=do][value=look-back]').click();
  await page.waitForLoadState();
  await refusedNothing(page, 'looking back');
  await reloadUntil(page, address, '#seen .pill', 'nobody looked back');
}

async function withdraw(page, address) {
  await page.goto(address);
  await page.fill('#f-share-withdraw-reason', '見本');
  await page.locator('button[name=do][value=withdraw]').click();
  await page.waitForLoadState();
  await refusedNothing(page, 'the withdrawal');
}
