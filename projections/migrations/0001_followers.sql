-- How far each follower has come in each ledger: projections, policies, the scheduler, the publisher.

create schema projection;
grant usage on schema projection to sporbar_app, sporbar_worker, sporbar_generator;

create table projection.follower (
  name text collate "C" not null,
  ledger text collate "C" not null,
  position bigint not null default 0 constraint follower_position check (position >= 0),
  advanced_at timestamptz not null default now(),
  parked_at timestamptz,
  parked_position bigint,
  parked_error text,
  primary key (name, ledger),
  constraint follower_parked check (num_nulls(parked_at, parked_position, parked_error) in (0, 3))
) with (fillfactor = 50);
comment on column projection.follower.position is 'the follower has dealt with everything up to here';
comment on column projection.follower.parked_position is 'the event that the follower cannot deal with';

grant select on projection.follower to sporbar_app;
grant select, insert, update, delete on projection.follower to sporbar_worker, sporbar_generator;
