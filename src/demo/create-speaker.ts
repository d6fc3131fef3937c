import { quote } from './format-text.ts';
import { type Speaker, HOST } from './format-line.ts';
import { LOCALES } from './invent-names.ts';
import type { Random } from './random.ts';
import type { CoursePlan } from './plan-courses.ts';
import type { Person } from './plan-learners.ts';

const CHROME = '(KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36';
const BROWSERS = [
  `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 ${CHROME}`,
  `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 ${CHROME} Edg/131.0.0.0`,
  `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 ${CHROME}`,
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15',
  'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0',
  `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 ${CHROME}`,
  'Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
].map(quote);
const APPS = [
  'Dalvik/2.1.0 (Linux; U; Android 14; Pixel 7 Build/UQ1A.240205.004) org.demo.mobile/5.1.0',
  'edX/org.demo.mobile (5.1.0; OS Version 18.1 (Build 22B83))',
].map(quote);

/** A session of a person in a course: one address, one browser, one page. */
export function createSpeaker(random: Random, person: Person, course: CoursePlan, week: number): Speaker {
  const mobile = person.mobile && random.chance(0.5);
  const path = course.pages[Math.min(week, course.pages.length - 1)]!;
  const block = `${course.org}+${course.number}+${course.run}+type@sequential+block@${path.slice(-33, -1)}`;
  const query = random.chance(0.2) ? `?activate_block_id=${encodeURIComponent(`block-v1:${block}`)}` : '';
  const language = LOCALES[person.locale]!.language;
  return {
    course,
    usernameText: quote(person.username),
    userIdText: random.chance(0.02) ? `"${person.userId}"` : String(person.userId),
    courseIdText: random.chance(0.005) ? quote(` ${course.id} `) : course.idText,
    orgText: course.orgText,
    pageText: quote(encodeURI(`https://${HOST}${path}`) + query),
    sessionText: `"${random.hex(32)}"`,
    ip: inventAddress(random),
    agentText: random.pick(mobile ? APPS : BROWSERS),
    languageText: `"${language}-${LOCALES[person.locale]!.country},${language};q=0.9,en;q=0.7"`,
    bus: random.chance(0.05),
    mobile,
  };
}

/** The same session, as somebody who never logged in. */
export function forgetLogin(speaker: Speaker): Speaker {
  return { ...speaker, usernameText: '""', userIdText: 'null', bus: false };
}

/** An address of the ranges that are reserved for documentation. */
export function inventAddress(random: Random): string {
  if (random.chance(0.2)) return `2001:db8:${random.hex(4)}:${random.hex(4)}::${random.hex(3)}`;
  return `${random.pick(['192.0.2', '198.51.100', '203.0.113'])}.${1 + random.int(254)}`;
}
