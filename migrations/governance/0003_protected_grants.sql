-- The special grant: a contract may be permitted a field of protected persons too, to read it, to use it in arguments,
-- or only so that its row scope does not stop at them.

ALTER TABLE governance.field_grant ADD COLUMN protected boolean NOT NULL DEFAULT false;
ALTER TABLE governance.field_grant DROP CONSTRAINT field_grant_check;
ALTER TABLE governance.field_grant ADD CONSTRAINT field_grant_check CHECK (readable OR filterable OR protected);
COMMENT ON COLUMN governance.field_grant.protected IS
    'Quyền đặc biệt: được phép cả với người được bảo vệ (nơi ở, liên hệ)';
