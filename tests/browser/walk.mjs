// The loop in a real browser: an attack is found, a person acts, the report reaches the ministry, a warning comes back and is
// answered. Then every page of every organisation is checked in both languages, on a desk and on a telephone.
//
// usage: node walk.mjs ADDRESS [PICTURES]     ADDRESS is what `sakimori up --demo` prints

import { mkdir } from 'node:fs/promises';

import { story } from './story.mjs';
import { DESK, PHONE, check, crawl, enterAs, openBrowser, organisations, problems, visitor } from './stage.mjs';

const PAGES_MAX = 40;
/** From this place of the bar on, the organisations have the screens of others again; each is seen in either language once. */
const FIRST_ALIKE = 5;

const [address, pictures] = process.argv.slice(2);
if (!address) {
  console.error('usage: node walk.mjs ADDRESS [PICTURES]');
  process.exit(2);
}

const browser = await openBrowser();
if (pictures) await mkdir(pictures, { recursive: true });
await story(browser, address, pictures);

const guest = await visitor(browser, address);
const sites = await organisations(guest);
await guest.context().close();
let checked = 0;
for (const [index, site] of sites.entries()) {
  for (const lang of ['ja', 'en']) {
    const viewports = index < FIRST_ALIKE ? [DESK, PHONE] : [lang === 'ja' ? PHONE : DESK];
    for (const viewport of viewports) {
      const page = await visitor(browser, site, { lang, viewport });
      await check(page, `${lang} ${viewport.width}`);
      await enterAs(page, 0);
      checked += await crawl(page, PAGES_MAX, page => check(page, `${index} ${lang} ${viewport.width}`));
      await page.context().close();
    }
  }
}
await browser.close();

console.log(`${checked} pages checked, ${problems.length} problems`);
for (const problem of problems) console.log(`- ${problem}`);
process.exit(problems.length > 0 || checked < 60 ? 1 : 0);
