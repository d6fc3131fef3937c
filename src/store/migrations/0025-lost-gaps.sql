-- A node that came with nothing when no other of its shard had all: what it had before is nowhere, and what the others have is not all.
ALTER TABLE cluster_gaps ADD COLUMN IF NOT EXISTS lost Bool AFTER courses;
