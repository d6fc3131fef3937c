-- On which day the facts are that came for a touched learner, so that what is held of the other days stays; the
-- last day that there is: no fact, the roster changed. Without a username: facts of anybody came or went.
ALTER TABLE touched_learners
    ADD COLUMN IF NOT EXISTS day Date,
    MODIFY ORDER BY (course_id, username, day);
