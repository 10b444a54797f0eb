-- Lines that came over Kafka, in a database that holds read models of records kept elsewhere, and no record of its own.

create table projection.received (
  ledger text collate "C" primary key,
  size bigint not null default 0
) with (fillfactor = 50);
comment on column projection.received.size is 'lines received, from the first one on and without a gap; all are in the read models that answer';

create table projection.received_line (
  ledger text collate "C" not null,
  position bigint not null,
  line text collate "C" not null,
  primary key (ledger, position)
);
comment on column projection.received_line.line is 'the exact line, for timelines and for making read models anew without Kafka';

-- How much of a topic waits, as whoever reads a partition said last.
create table projection.waiting (
  topic text collate "C" not null,
  partition integer not null,
  messages bigint not null,
  noted_at timestamptz not null default now(),
  primary key (topic, partition)
) with (fillfactor = 50);

alter table projection.follower add column retry_asked_at timestamptz;
comment on column projection.follower.retry_asked_at is
  'somebody wants a parked ledger to be tried again, whose lines come over Kafka: they have to be read anew';

-- What is recorded, here or elsewhere. A database has one of the two.
create view projection.record as
  select ledger, size from ledger.ledger union all select ledger, size from projection.received;
create view projection.record_line as
  select ledger, position, line from ledger.entry union all select ledger, position, line from projection.received_line;

-- When an event was recorded, as its line says.
create function projection.time_of(p_line text) returns timestamptz
language sql stable return (p_line::json ->> 'time')::timestamptz;

-- As ledger.position_at, for lines that were received as well.
create function projection.position_at(p_ledger text, p_time timestamptz) returns bigint
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  low bigint := 0;
  high bigint := (select r.size from projection.received as r where r.ledger = p_ledger);
  middle bigint;
begin
  if high is null then
    return ledger.position_at(p_ledger, p_time);
  end if;
  while low < high loop
    middle := (low + high + 1) / 2;
    if (select projection.time_of(l.line) <= p_time from projection.received_line as l where l.ledger = p_ledger and l.position = middle) then
      low := middle;
    else
      high := middle - 1;
    end if;
  end loop;
  return low;
end $$;

-- A record that began here as well would be a second one of the same name.
create function projection.refuse_record() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select from projection.received) then
    raise exception 'this database holds read models of records that are kept elsewhere, and takes no record of its own'
      using errcode = 'SB020';
  end if;
  return new;
end $$;
create trigger elsewhere before insert on ledger.ledger for each row execute function projection.refuse_record();

grant select on projection.received, projection.received_line, projection.waiting, projection.record, projection.record_line
  to sporbar_app, sporbar_worker, sporbar_generator;
grant insert, update, delete on projection.received, projection.received_line, projection.waiting to sporbar_worker;
revoke execute on function projection.position_at, projection.time_of, projection.refuse_record from public;
grant execute on function projection.position_at, projection.time_of to sporbar_app, sporbar_worker, sporbar_generator;
