-- Generations of the read models: each is a schema read_<number> with every table; one is active and answers.

create table projection.generation (
  number integer primary key constraint generation_number check (number > 0),
  state text collate "C" not null constraint generation_state check (state in ('building', 'active', 'retired')),
  fingerprint text collate "C" not null,
  started_at timestamptz not null default now(),
  switched_at timestamptz
);
comment on table projection.generation is 'which schema read_<number> holds the read models that answer; the last active one is kept for queries under way';
comment on column projection.generation.fingerprint is 'of the tables and fold versions that the generation was made with';
create unique index one_active_generation on projection.generation (state) where state = 'active';

grant select on projection.generation to sporbar_app, sporbar_generator;
grant select, insert, update, delete on projection.generation to sporbar_worker;

-- A rebuild makes the schema of the next generation; a verification replays into temporary tables.
do $$
begin
  execute format('grant create, temporary on database %I to sporbar_worker', current_database());
end $$;
