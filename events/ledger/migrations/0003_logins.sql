-- A login that is only a member of roles, and inherits nothing, asks before it steps into one whether the database has the
-- form that its version needs.
grant usage on schema sporbar to public;
grant select on sporbar.migration to public;
