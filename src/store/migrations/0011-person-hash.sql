-- One number per learner that changes when what is told of the person changes, so that a local copy of a snapshot is made
-- of the persons of an earlier one where they are the same.
ALTER TABLE learners
    ADD COLUMN IF NOT EXISTS person UInt64 MATERIALIZED cityHash64(
        username, ifNull(user_id, 0), ifNull(name, ''), ifNull(email, ''), ifNull(language, ''), ifNull(location, ''),
        ifNull(year_of_birth, 0), ifNull(level_of_education, ''), ifNull(gender, ''), ifNull(mailing_address, ''),
        ifNull(city, ''), ifNull(country, ''), ifNull(goals, ''), ifNull(bio, ''));
