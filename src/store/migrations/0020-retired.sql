-- Whether the LMS has retired whoever was last called so; null where no import told that.
ALTER TABLE lms_users ADD COLUMN IF NOT EXISTS retired Nullable(Bool);
