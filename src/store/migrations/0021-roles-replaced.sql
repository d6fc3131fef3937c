-- Whether an import replaced all roles of its source; null in what was noted before.
ALTER TABLE lms_imports ADD COLUMN IF NOT EXISTS roles_replaced Nullable(Bool) AFTER roles;
