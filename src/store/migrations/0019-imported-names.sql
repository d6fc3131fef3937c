-- How many names of courses an import told of; 0 in what was noted before.
ALTER TABLE lms_imports ADD COLUMN IF NOT EXISTS courses UInt64 AFTER roles;
