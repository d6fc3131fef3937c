-- When the LMS told of a pair last; `last_seen` becomes that of the logs, too, where the engine puts rows of one pair together.
ALTER TABLE identities ADD COLUMN IF NOT EXISTS told_at SimpleAggregateFunction(max, DateTime64(6, 'UTC')) DEFAULT if(from_lms, last_seen, toDateTime64(0, 6, 'UTC'));
