import { z } from 'zod';
import { askLms, complain, readJson } from './ask-lms.ts';

/** What the LMS tells about an account; null where it tells nothing. */
export interface LmsAccount {
  /** On the LMS itself; pictures elsewhere the pages could not show. */
  readonly photo_url: string | null;
  readonly bio: string | null;
  readonly country: string | null;
  readonly language: string | null;
  readonly level_of_education: string | null;
  readonly year_of_birth: number | null;
}

export const NOTHING_TOLD: LmsAccount = {
  photo_url: null,
  bio: null,
  country: null,
  language: null,
  level_of_education: null,
  year_of_birth: null,
};

const text = z
  .string()
  .nullish()
  .transform((value) => (value === undefined || value === null || value.trim() === '' ? null : value.trim()));

/** Fields that somebody may not see are left out by the LMS. */
const accountAnswer = z.object({
  bio: text,
  country: text,
  level_of_education: text,
  year_of_birth: z.int().nullish(),
  language_proficiencies: z.array(z.object({ code: text })).nullish(),
  profile_image: z
    .object({ has_image: z.boolean(), image_url_large: z.string().nullish(), image_url_full: z.string().nullish() })
    .nullish(),
});

/**
 * Asks the LMS (`/api/user/v1/accounts/`) what it tells the bearer of a token about somebody. It answers by the rights of
 * the one and the privacy settings of the other.
 * @throws AppError `store_unavailable` when the LMS does not answer as it should, `invalid_credentials` when the token counts no more
 */
export async function readLmsAccount(lmsUrl: string, token: string, username: string): Promise<LmsAccount> {
  const response = await askLms(`${lmsUrl}/api/user/v1/accounts/${encodeURIComponent(username)}`, token);
  // such an account is not there, or is none of the asker's business
  if (response.status === 404 || response.status === 403) return NOTHING_TOLD;
  const answer = response.status === 200 ? accountAnswer.safeParse(await readJson(response)) : null;
  if (answer?.success !== true) throw complain(`answered ${response.status} to a question for an account`);
  const { profile_image: image, language_proficiencies: languages, year_of_birth: born, ...rest } = answer.data;
  return {
    photo_url: image?.has_image === true ? findPhoto(lmsUrl, image.image_url_large ?? image.image_url_full) : null,
    bio: rest.bio,
    country: rest.country,
    language: languages?.[0]?.code ?? null,
    level_of_education: rest.level_of_education,
    year_of_birth: born ?? null,
  };
}

function findPhoto(lmsUrl: string, address: string | null | undefined): string | null {
  const url = address === null || address === undefined ? null : URL.parse(address, `${lmsUrl}/`);
  return url !== null && url.origin === new URL(lmsUrl).origin ? url.href : null;
}
